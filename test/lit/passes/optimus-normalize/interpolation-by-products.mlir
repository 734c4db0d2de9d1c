// Gathers from known positions times known weights are a product with a matrix of few taps.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// Twice as many, halfway between neighbours: (x[k] + x[k - 1]) / 2, then (x[k] + x[k + 1]) / 2.
// CHECK: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1 + d3)>
// CHECK: #[[TAPS:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d2, d3)>
// CHECK-LABEL: func.func @halfway
// CHECK: %[[T:.*]] = arith.constant {{.*}} : tensor<4x2x3xf32>
// CHECK: %[[X:.*]] = tensor.pad %arg0 low[0, 1] high[0, 1]
// CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#[[WINDOW]], #[[TAPS]], {{.*}}"reduction"]} ins(%[[X]], %[[T]]
// CHECK: tensor.collapse_shape %[[Y]] {{\[\[0\], \[1, 2\]\]}}
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (j)>
func.func @halfway(%x: tensor<3x4xf32>) -> tensor<3x8xf32> {
  %here = arith.constant dense<[0, 0, 1, 1, 2, 2, 3, 3]> : tensor<8xindex>
  %beside = arith.constant dense<[0, 1, 0, 2, 1, 3, 2, 3]> : tensor<8xindex>
  %half = arith.constant 0.5 : f32
  %empty = tensor.empty() : tensor<3x8xf32>
  %a = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%here : tensor<8xindex>) outs(%empty : tensor<3x8xf32>) {
  ^bb0(%k: index, %out: f32):
    %i = linalg.index 0 : index
    %e = tensor.extract %x[%i, %k] : tensor<3x4xf32>
    linalg.yield %e : f32
  } -> tensor<3x8xf32>
  %b = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%beside : tensor<8xindex>) outs(%empty : tensor<3x8xf32>) {
  ^bb0(%k: index, %out: f32):
    %i = linalg.index 0 : index
    %e = tensor.extract %x[%i, %k] : tensor<3x4xf32>
    linalg.yield %e : f32
  } -> tensor<3x8xf32>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<3x8xf32>, tensor<3x8xf32>) outs(%empty : tensor<3x8xf32>) {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %sum = arith.addf %p, %q : f32
    %mean = arith.mulf %sum, %half : f32
    linalg.yield %mean : f32
  } -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// Weights that are no product of one factor for each dimension: it stays what it is.
// CHECK-LABEL: func.func @along_the_diagonal
// CHECK-COUNT-2: tensor.extract
func.func @along_the_diagonal(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %here = arith.constant dense<[0, 1, 2, 3]> : tensor<4xindex>
  %next = arith.constant dense<[1, 2, 3, 3]> : tensor<4xindex>
  %empty = tensor.empty() : tensor<4x4xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%here, %next : tensor<4xindex>, tensor<4xindex>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%i: index, %j: index, %out: f32):
    %e = tensor.extract %x[%i, %j] : tensor<4x4xf32>
    linalg.yield %e : f32
  } -> tensor<4x4xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%next, %here : tensor<4xindex>, tensor<4xindex>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%i: index, %j: index, %out: f32):
    %e = tensor.extract %x[%i, %j] : tensor<4x4xf32>
    linalg.yield %e : f32
  } -> tensor<4x4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %sum = arith.addf %p, %q : f32
    linalg.yield %sum : f32
  } -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
