// The operators of a group need not stand together: calls are put into an order in which all is there.
// RUN: optimus-opt %s --optimus-outline | FileCheck %s

// Group 0 ends after group 1 in the program, but group 1 reads what group 0 makes in the middle.
// CHECK-LABEL: func.func @main
// CHECK: %[[FIRST:.*]]:2 = call @{{.*}} {optimus.group = 0 : i64
// CHECK: %[[SECOND:.*]] = call @{{.*}}(%[[FIRST]]#0, {{.*}} {optimus.group = 1 : i64
// CHECK: return %[[FIRST]]#1, %[[SECOND]]
func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %a = linalg.matmul {optimus.group = 0} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul {optimus.group = 1} ins(%a, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = linalg.matmul {optimus.group = 1, optimus.schedule = {}} ins(%b, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %d = linalg.matmul {optimus.group = 0, optimus.schedule = {}} ins(%a, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %d, %c : tensor<4x4xf32>, tensor<4x4xf32>
}
