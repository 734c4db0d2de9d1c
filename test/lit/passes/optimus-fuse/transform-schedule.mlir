// The whole compiler writes its transform schedule, and runs one that is fed back to the same program.
// RUN: optimus-opt %s --optimus-fuse="accelerator=generic print-schedule=%t.mlir" -o %t.ours
// RUN: cat %t.mlir | FileCheck %s
// RUN: optimus-opt %s --optimus-fuse="accelerator=generic schedule=%t.mlir" -o %t.replayed
// RUN: diff %t.ours %t.replayed

// CHECK: transform.named_sequence @group_0(
// CHECK: match attributes {optimus.tile = "matmul0 6x4"}
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
