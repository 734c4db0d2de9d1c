// Padding is done on chip: the call takes the tensor without it.
// RUN: optimus-opt %s --optimus-outline --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NOT: tensor.pad
// CHECK: call @group_0(%arg0, %arg1,
// CHECK-LABEL: func.func private @group_0(%arg0: tensor<8xf32>
// CHECK: %[[PADDED:.*]] = tensor.pad %arg0 low[1] high[1]
// CHECK: linalg.conv_1d ins(%[[PADDED]], %arg1
func.func @main(%x: tensor<8xf32>, %w: tensor<3xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<8xf32> to tensor<10xf32>
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d {optimus.group = 0, optimus.schedule = {}} ins(%padded, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
