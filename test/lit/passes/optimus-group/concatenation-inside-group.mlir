// A concatenation is no op of its own: its reader reads the parts, and all run in one group.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s

// CHECK: linalg.matmul {optimus.group = 0 : i64
// CHECK: tensor.concat
// CHECK: linalg.matmul {optimus.group = 0 : i64
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>) -> tensor<12x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %both = tensor.concat dim(0) %x, %y : (tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<12x4xf32>
  %empty_z = tensor.empty() : tensor<12x4xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<12x4xf32>) -> tensor<12x4xf32>
  %z = linalg.matmul ins(%both, %w : tensor<12x4xf32>, tensor<4x4xf32>) outs(%init_z : tensor<12x4xf32>) -> tensor<12x4xf32>
  return %z : tensor<12x4xf32>
}
