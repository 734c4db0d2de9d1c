// What an elementwise op computes from its position alone is a constant with axes for the loops that it takes.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @main
// CHECK: %[[C:.*]] = arith.constant dense<[0.000000e+00, 2.000000e+00, 4.000000e+00]> : tensor<3xf32>
// CHECK: linalg.generic {indexing_maps = [{{.*}}, #[[ROW]], {{.*}}} ins(%arg0, %[[C]] :
// CHECK-NOT: linalg.index
#id = affine_map<(i, j) -> (i, j)>
func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %two = arith.constant 2 : i32
  %empty = tensor.empty() : tensor<3x4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i32
    %twice = arith.muli %n, %two : i32
    %f = arith.sitofp %twice : i32 to f32
    %0 = arith.divf %a, %f : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
