// A uniform constant is a scalar in the body, not a tensor to be read.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[SIX:.*]] = arith.constant 6.000000e+00 : f32
// CHECK: linalg.generic {{.*}}ins(%{{.*}} : tensor<4xf32>) outs(
// CHECK: arith.minimumf %{{.*}}, %[[SIX]] : f32
#id = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %six = arith.constant dense<6.0> : tensor<f32>
  %empty = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #none, #id], iterator_types = ["parallel"]} ins(%x, %six : tensor<4xf32>, tensor<f32>) outs(%empty : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.minimumf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
