// A scale along a dimension that the weights do not have stays behind the matmul.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[MATMUL:.*]] = linalg.matmul
// CHECK: linalg.generic {{.*}}ins(%{{.*}} : tensor<4xf32>) outs(%[[MATMUL]] :
// CHECK: arith.mulf
#all = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %zero = arith.constant 0.0 : f32
  %weights = arith.constant dense<3.0> : tensor<2x3xf32>
  %scale = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %empty = tensor.empty() : tensor<4x3xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x3xf32>) -> tensor<4x3xf32>
  %matmul = linalg.matmul ins(%x, %weights : tensor<4x2xf32>, tensor<2x3xf32>) outs(%zeros : tensor<4x3xf32>) -> tensor<4x3xf32>
  %scaled = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]} ins(%matmul, %scale : tensor<4x3xf32>, tensor<4xf32>) outs(%empty : tensor<4x3xf32>) {
  ^bb0(%a: f32, %s: f32, %out: f32):
    %y = arith.mulf %a, %s : f32
    linalg.yield %y : f32
  } -> tensor<4x3xf32>
  return %scaled : tensor<4x3xf32>
}
