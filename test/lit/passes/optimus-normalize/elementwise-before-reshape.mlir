// An elementwise op behind a reshape moves next to the anchor; its other operands are reshaped.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[OTHER:[a-z0-9]*]]: tensor<2x3x4xf32>
// CHECK: %[[MATMUL:.*]] = linalg.matmul
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[OTHER]] {{\[\[}}0, 1], [2]]
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}}ins(%[[FLAT]] : tensor<6x4xf32>) outs(%[[MATMUL]] :
// CHECK: %[[RESULT:.*]] = tensor.expand_shape %[[SUM]]
// CHECK: return %[[RESULT]]
#id = affine_map<(b, s, d) -> (b, s, d)>
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>, %other: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %matmul = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<6x4xf32>) -> tensor<6x4xf32>
  %expanded = tensor.expand_shape %matmul [[0, 1], [2]] output_shape [2, 3, 4] : tensor<6x4xf32> into tensor<2x3x4xf32>
  %empty3 = tensor.empty() : tensor<2x3x4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded, %other : tensor<2x3x4xf32>, tensor<2x3x4xf32>) outs(%empty3 : tensor<2x3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x4xf32>
  return %sum : tensor<2x3x4xf32>
}
