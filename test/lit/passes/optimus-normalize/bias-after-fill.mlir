// What a convolution starts from is added after it, and read from before it was broadcast.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK: #[[$CHANNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[BIAS:[a-z0-9]*]]: tensor<2xf32>
// CHECK: %[[ZEROS:.*]] = linalg.fill ins(%{{.*}} : f32)
// CHECK: %[[CONV:.*]] = linalg.conv_2d_nchw_fchw {{.*}}outs(%[[ZEROS]] :
// CHECK: linalg.generic {indexing_maps = [#[[$CHANNEL]], {{.*}} ins(%[[BIAS]] : tensor<2xf32>) outs(%[[CONV]] :
// CHECK: arith.addf
func.func @main(%x: tensor<1x3x4x4xf32>, %w: tensor<2x3x1x1xf32>, %bias: tensor<2xf32>) -> tensor<1x2x4x4xf32> {
  %empty = tensor.empty() : tensor<1x2x4x4xf32>
  %start = linalg.broadcast ins(%bias : tensor<2xf32>) outs(%empty : tensor<1x2x4x4xf32>) dimensions = [0, 2, 3]
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x3x4x4xf32>, tensor<2x3x1x1xf32>) outs(%start : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %conv : tensor<1x2x4x4xf32>
}
