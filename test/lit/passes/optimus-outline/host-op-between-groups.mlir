// What carries no label stays where it is, operators too.
// RUN: optimus-opt %s --optimus-outline | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[Y:.*]] = call @group_0(
// CHECK: %[[TWICE:.*]] = tensor.concat dim(0) %[[Y]], %[[Y]]
// CHECK: %[[Z:.*]] = linalg.matmul ins(%[[TWICE]],
// CHECK: call @group_1(%[[Z]],
func.func @main(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<2x4xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<2x4xf32>) -> tensor<2x4xf32>
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul {optimus.group = 0, optimus.schedule = {}} ins(%x, %w : tensor<2x4xf32>, tensor<4x4xf32>) outs(%init_y : tensor<2x4xf32>) -> tensor<2x4xf32>
  %twice = tensor.concat dim(0) %y, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  %z = linalg.matmul ins(%twice, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %a = linalg.matmul {optimus.group = 1, optimus.schedule = {}} ins(%z, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}
