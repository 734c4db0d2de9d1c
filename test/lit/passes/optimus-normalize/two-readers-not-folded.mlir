// The weights stay as they are if somebody needs the unscaled result.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[WEIGHTS:.*]] = arith.constant dense<3.000000e+00>
// CHECK: %[[MATMUL:.*]] = linalg.matmul ins(%{{.*}}, %[[WEIGHTS]] :
// CHECK: %[[SCALED:.*]] = linalg.generic {{.*}}ins(%[[MATMUL]] :
// CHECK: arith.mulf
// CHECK: return %[[MATMUL]], %[[SCALED]]
#all = affine_map<(m, n) -> (m, n)>
func.func @main(%x: tensor<4x2xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %weights = arith.constant dense<3.0> : tensor<2x3xf32>
  %empty = tensor.empty() : tensor<4x3xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x3xf32>) -> tensor<4x3xf32>
  %matmul = linalg.matmul ins(%x, %weights : tensor<4x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<4x3xf32>) -> tensor<4x3xf32>
  %scaled = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]} ins(%matmul : tensor<4x3xf32>) outs(%empty : tensor<4x3xf32>) {
  ^bb0(%a: f32, %out: f32):
    %y = arith.mulf %a, %two : f32
    linalg.yield %y : f32
  } -> tensor<4x3xf32>
  return %matmul, %scaled : tensor<4x3xf32>, tensor<4x3xf32>
}
