// Only public functions are networks; a group's function is not planned again.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s

// CHECK: func.func private @group_0
// CHECK-NOT: optimus
func.func private @group_0(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>, %out: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%out : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
