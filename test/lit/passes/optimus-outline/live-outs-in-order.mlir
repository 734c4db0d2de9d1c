// A group of several live-outs has one argument and one result for each, in program order.
// RUN: optimus-opt %s --optimus-outline | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[CALL:.*]]:2 = call @group_0(%arg0, %arg1, %{{[0-9]+}}, %{{[0-9]+}})
// CHECK: return %[[CALL]]#1, %[[CALL]]#0
// CHECK-LABEL: func.func private @group_0
// CHECK-SAME: -> (tensor<4x4xf32>, tensor<4x4xf32>)
// CHECK: %[[Y:.*]] = linalg.matmul ins(%arg0, %arg1
// CHECK: %[[HIDDEN:.*]] = linalg.matmul ins(%[[Y]], %arg1
// CHECK: %[[Z:.*]] = linalg.matmul ins(%[[HIDDEN]], %arg1
// CHECK: return %[[Y]], %[[Z]]
func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul {optimus.group = 0} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %hidden = linalg.matmul {optimus.group = 0} ins(%y, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = linalg.matmul {optimus.group = 0, optimus.schedule = {}} ins(%hidden, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z, %y : tensor<4x4xf32>, tensor<4x4xf32>
}
