// A group has one live-out: a result that is wanted elsewhere too ends its group.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s

// CHECK: linalg.matmul {optimus.group = 0 : i64, {{.*}}optimus.schedule
// CHECK: linalg.matmul {optimus.group = 1 : i64, {{.*}}optimus.schedule
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>) -> (tensor<6x4xf32>, tensor<6x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %z = linalg.matmul ins(%y, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y, %z : tensor<6x4xf32>, tensor<6x4xf32>
}
