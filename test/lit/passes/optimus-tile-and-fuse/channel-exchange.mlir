// Two convolutions exchange a channel at a time: of the map between them no more is on chip.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: linalg.copy {{.*}}optimus.load} ins(%arg0 : tensor<1x2x10x8xf32>)
// CHECK: linalg.fill {{.*}} -> tensor<1x3x6x4xf32>
// CHECK: scf.for %[[CHANNEL:.*]] = %{{.*}} to %{{.*}} step
// CHECK: tensor.extract_slice %arg1[%[[CHANNEL]], 0, 0, 0] [1, 2, 3, 3]
// CHECK: %[[Y:.*]] = linalg.conv_2d_nchw_fchw {{.*}} -> tensor<1x1x8x6xf32>
// CHECK: tensor.extract_slice %arg2[0, %[[CHANNEL]], 0, 0] [3, 1, 3, 3]
// CHECK: linalg.conv_2d_nchw_fchw {{.*}} ins(%[[Y]], {{.*}} -> tensor<1x3x6x4xf32>
// CHECK: scf.yield
// CHECK: optimus.store
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 512, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<1x2x10x8xf32>, %w: tensor<4x2x3x3xf32>, %v: tensor<3x4x3x3xf32>, %out: tensor<1x3x6x4xf32>) -> tensor<1x3x6x4xf32> attributes {optimus.schedule = {blocks = [["op1", 4, 1]], keeps = [], tiles = []}} {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<1x4x8x6xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<1x4x8x6xf32>) -> tensor<1x4x8x6xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x2x10x8xf32>, tensor<4x2x3x3xf32>) outs(%init_y : tensor<1x4x8x6xf32>) -> tensor<1x4x8x6xf32>
  %empty_z = tensor.empty() : tensor<1x3x6x4xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<1x3x6x4xf32>) -> tensor<1x3x6x4xf32>
  %z = linalg.conv_2d_nchw_fchw ins(%y, %v : tensor<1x4x8x6xf32>, tensor<3x4x3x3xf32>) outs(%init_z : tensor<1x3x6x4xf32>) -> tensor<1x3x6x4xf32>
  return %z : tensor<1x3x6x4xf32>
}
}
