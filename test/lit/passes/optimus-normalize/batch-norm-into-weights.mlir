// Scales and shifts of output channels end up in the weights and in one bias per channel.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK: #[[$CHANNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[WEIGHTS:.*]] = arith.constant dense<{{\[\[\[\[}}6.000000e+00]]], {{\[\[\[}}2.000000e+01]]]]> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[BIAS:.*]] = arith.constant dense<[-2.000000e+00, 1.100000e+01]> : tensor<2xf32>
// CHECK: %[[CONV:.*]] = linalg.conv_2d_nchw_fchw {{.*}}ins(%{{.*}}, %[[WEIGHTS]] :
// CHECK: linalg.generic {indexing_maps = [#[[$CHANNEL]], #{{.*}}], {{.*}} ins(%[[BIAS]] : tensor<2xf32>) outs(%[[CONV]] :
// CHECK-NEXT: ^bb0(%[[B:.*]]: f32, %[[Y:.*]]: f32):
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[Y]], %[[B]] : f32
// CHECK-NEXT: linalg.yield %[[SUM]] : f32
// CHECK-NOT: linalg.generic
#all = affine_map<(n, k, h, w) -> (n, k, h, w)>
#channel = affine_map<(n, k, h, w) -> (k, 0, 0)>
func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %weights = arith.constant dense<[[[[3.0]]], [[[5.0]]]]> : tensor<2x1x1x1xf32>
  %mean = arith.constant dense<[[[1.0]], [[-2.0]]]> : tensor<2x1x1xf32>
  %scale = arith.constant dense<[[[2.0]], [[4.0]]]> : tensor<2x1x1xf32>
  %offset = arith.constant dense<[[[0.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %empty = tensor.empty() : tensor<1x2x4x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %weights : tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>) outs(%zeros : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.generic {indexing_maps = [#all, #channel, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%conv, %mean : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) outs(%empty : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %y = arith.subf %a, %b : f32
    linalg.yield %y : f32
  } -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#all, #channel, #channel, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%0, %scale, %offset : tensor<1x2x4x4xf32>, tensor<2x1x1xf32>, tensor<2x1x1xf32>) outs(%empty : tensor<1x2x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %y = arith.addf %m, %c : f32
    linalg.yield %y : f32
  } -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}
