// Padding and start of a max pool stay -inf, and its window stays empty.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: tensor.pad
// CHECK: tensor.yield %[[LOWEST]]
// CHECK-DAG: %[[START:.*]] = linalg.fill ins(%[[LOWEST]] : f32)
// CHECK-DAG: %[[WINDOW:.*]] = tensor.empty() : tensor<3x3xf32>
// CHECK: linalg.pooling_nchw_max ins(%{{.*}}, %[[WINDOW]] : {{.*}}) outs(%[[START]] :
func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %lowest = arith.constant 0xFF800000 : f32
  %start = arith.constant dense<0xFF800000> : tensor<1x2x4x4xf32>
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%n: index, %c: index, %h: index, %w: index):
    tensor.yield %lowest : f32
  } : tensor<1x2x4x4xf32> to tensor<1x2x6x6xf32>
  %window = tensor.empty() : tensor<3x3xf32>
  %pool = linalg.pooling_nchw_max ins(%padded, %window : tensor<1x2x6x6xf32>, tensor<3x3xf32>) outs(%start : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %pool : tensor<1x2x4x4xf32>
}
