// A gather that repeats each element as often as its neighbours is a broadcast; one that does not stays a gather.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @every_element_twice
// CHECK: %[[R:.*]] = linalg.broadcast ins(%arg0 : tensor<3x4xf32>) outs({{.*}} : tensor<3x4x2xf32>) dimensions = [2]
// CHECK: tensor.collapse_shape %[[R]] {{\[\[0\], \[1, 2\]\]}}
#id = affine_map<(i, j) -> (i, j)>
func.func @every_element_twice(%x: tensor<3x4xf32>) -> tensor<3x8xf32> {
  %two = arith.constant 2.0 : f32
  %empty = tensor.empty() : tensor<3x8xf32>
  %y = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%empty : tensor<3x8xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %n = arith.index_cast %j : index to i64
    %f = arith.sitofp %n : i64 to f32
    %half = arith.divf %f, %two : f32
    %floor = math.floor %half : f32
    %at = arith.fptosi %floor : f32 to i64
    %k = arith.index_cast %at : i64 to index
    %e = tensor.extract %x[%i, %k] : tensor<3x4xf32>
    linalg.yield %e : f32
  } -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// CHECK-LABEL: func.func @unevenly
// CHECK: tensor.extract
func.func @unevenly(%x: tensor<3x4xf32>) -> tensor<3x6xf32> {
  %table = arith.constant dense<[0, 0, 1, 2, 2, 3]> : tensor<6xindex>
  %empty = tensor.empty() : tensor<3x6xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, #id], iterator_types = ["parallel", "parallel"]} ins(%table : tensor<6xindex>) outs(%empty : tensor<3x6xf32>) {
  ^bb0(%k: index, %out: f32):
    %i = linalg.index 0 : index
    %e = tensor.extract %x[%i, %k] : tensor<3x4xf32>
    linalg.yield %e : f32
  } -> tensor<3x6xf32>
  return %y : tensor<3x6xf32>
}
