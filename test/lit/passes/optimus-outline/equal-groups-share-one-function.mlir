// Groups of equal structure and schedule share a function: weights are arguments like any other.
// RUN: optimus-opt %s --optimus-outline | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[Y:.*]] = call @group_0(%arg0, %[[W:cst[_0-9]*]],
// CHECK: %[[Z:.*]] = call @group_0(%[[Y]], %{{cst[_0-9]*}},
// CHECK: call @group_1(%[[Z]], %[[W]],
// CHECK: func.func private @group_0
// CHECK: func.func private @group_1
// CHECK-NOT: func.func
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x4xf32>
  %v = arith.constant dense<2.0> : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul {optimus.group = 0, optimus.schedule = {tiles = [[0, 2]]}} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.matmul {optimus.group = 1, optimus.schedule = {tiles = [[0, 2]]}} ins(%0, %v : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = linalg.matmul {optimus.group = 2, optimus.schedule = {tiles = [[0, 1]]}} ins(%1, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}
