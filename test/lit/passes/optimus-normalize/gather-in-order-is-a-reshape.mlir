// A gather of all elements in their order is a reshape; in another order it stays a gather.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @in_order
// CHECK: %[[Y:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1]] : tensor<2x2xf32> into tensor<4xf32>
// CHECK: return %[[Y]]
#id = affine_map<(i) -> (i)>
func.func @in_order(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  %rows = arith.constant dense<[0, 0, 1, 1]> : tensor<4xindex>
  %columns = arith.constant dense<[0, 1, 0, 1]> : tensor<4xindex>
  %empty = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%rows, %columns : tensor<4xindex>, tensor<4xindex>) outs(%empty : tensor<4xf32>) {
  ^bb0(%i: index, %j: index, %out: f32):
    %e = tensor.extract %x[%i, %j] : tensor<2x2xf32>
    linalg.yield %e : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @by_columns
// CHECK: tensor.extract
func.func @by_columns(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  %rows = arith.constant dense<[0, 1, 0, 1]> : tensor<4xindex>
  %columns = arith.constant dense<[0, 0, 1, 1]> : tensor<4xindex>
  %empty = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%rows, %columns : tensor<4xindex>, tensor<4xindex>) outs(%empty : tensor<4xf32>) {
  ^bb0(%i: index, %j: index, %out: f32):
    %e = tensor.extract %x[%i, %j] : tensor<2x2xf32>
    linalg.yield %e : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
