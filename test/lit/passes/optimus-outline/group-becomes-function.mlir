// A group becomes a call; the schedule goes to the function, the price stays with the call.
// RUN: optimus-opt %s --optimus-outline | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[CALL:.*]] = call @group_0(%arg0, %arg1, %arg2, %{{[0-9]+}}) {optimus.group = 7 : i64, optimus.operators = ["matmul0", "matmul1"], optimus.price = {macs = 144 : i64}}
// CHECK-NEXT: return %[[CALL]]
// CHECK-LABEL: func.func private @group_0
// CHECK-SAME: attributes {optimus.schedule = {blocks = [], keeps = [], tiles = {{\[\[}}0, 3]]}}
// CHECK-NOT: optimus
// CHECK: %[[Y:.*]] = linalg.matmul ins(%arg0, %arg1
// CHECK: %[[Z:.*]] = linalg.matmul ins(%[[Y]], %arg2
// CHECK: return %[[Z]]
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>, %v: tensor<4x2xf32>) -> tensor<6x2xf32> {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<6x4xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul {optimus.group = 7} ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init_y : tensor<6x4xf32>) -> tensor<6x4xf32>
  %empty_z = tensor.empty() : tensor<6x2xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<6x2xf32>) -> tensor<6x2xf32>
  %z = linalg.matmul {optimus.group = 7, optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 3]]}, optimus.price = {macs = 144}}
    ins(%y, %v : tensor<6x4xf32>, tensor<4x2xf32>) outs(%init_z : tensor<6x2xf32>) -> tensor<6x2xf32>
  return %z : tensor<6x2xf32>
}
