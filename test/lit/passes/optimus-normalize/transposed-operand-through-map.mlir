// A matmul reads a transposed and split operand where it came from.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d0 * 4 + d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[ARG:[a-z0-9]*]]: tensor<6x8xf32>
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], {{.*}}ins(%[[ARG]], %{{.*}} : tensor<6x8xf32>
func.func @main(%x: tensor<6x8xf32>, %w: tensor<2x4x5xf32>) -> tensor<2x6x5xf32> {
  %zero = arith.constant 0.0 : f32
  %split = tensor.expand_shape %x [[0], [1, 2]] output_shape [6, 2, 4] : tensor<6x8xf32> into tensor<6x2x4xf32>
  %empty_h = tensor.empty() : tensor<2x6x4xf32>
  %heads = linalg.transpose ins(%split : tensor<6x2x4xf32>) outs(%empty_h : tensor<2x6x4xf32>) permutation = [1, 0, 2]
  %empty = tensor.empty() : tensor<2x6x5xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  %y = linalg.batch_matmul ins(%heads, %w : tensor<2x6x4xf32>, tensor<2x4x5xf32>) outs(%init : tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return %y : tensor<2x6x5xf32>
}
