// Where it moves less, a reduction runs in parts that leave partial sums in DRAM: each is a group.
// RUN: optimus-opt %s --optimus-normalize --optimus-group="accelerator=generic set=scratchpad_bytes=2048,accumulator_bits=8" | FileCheck %s

// CHECK: optimus.splits = {{\[\[}}"conv0", 4, [8, 8]]]
// CHECK: %[[X0:.*]] = tensor.extract_slice %arg0[0, 0, 0, 0] [1, 8, 16, 16]
// CHECK: %[[W0:.*]] = tensor.extract_slice %arg1[0, 0, 0, 0] [16, 8, 3, 3]
// CHECK: %[[SUMS:.*]] = linalg.conv_2d_nchw_fchw {optimus.group = 0 : i64, optimus.name = "conv0.0", optimus.partial_sums, {{.*}}dram_write_bytes = [3136]{{.*}}} ins(%[[X0]], %[[W0]]
// CHECK: %[[X1:.*]] = tensor.extract_slice %arg0[0, 8, 0, 0] [1, 8, 16, 16]
// CHECK: %[[PART:.*]] = linalg.conv_2d_nchw_fchw {optimus.group = 1 : i64, optimus.name = "conv0.1"} ins(%[[X1]]
// CHECK: %[[TOTAL:.*]] = linalg.generic {{.*}} ins(%[[SUMS]] {{.*}} outs(%[[PART]] {{.*}}optimus.group = 1
// CHECK: linalg.generic {{.*}} ins(%arg2 {{.*}} outs(%[[TOTAL]] {{.*}}optimus.group = 1
func.func @main(%x: tensor<1x16x16x16xf32>, %w: tensor<16x16x3x3xf32>, %shortcut: tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x16x14x14xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32>
  %conv = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x16x16x16xf32>, tensor<16x16x3x3xf32>) outs(%init : tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32>
  %y = linalg.add ins(%conv, %shortcut : tensor<1x16x14x14xf32>, tensor<1x16x14x14xf32>) outs(%empty : tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32>
  return %y : tensor<1x16x14x14xf32>
}
