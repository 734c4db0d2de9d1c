// The first and the last tile, which padding makes special, and a partial one are no loops, even before canonicalisation.
// RUN: optimus-opt %s --optimus-tile-and-fuse | FileCheck %s

// CHECK-NOT: scf.for
// CHECK: linalg.conv_1d {{.*}} -> tensor<3xf32>
// CHECK: scf.for
// CHECK: linalg.conv_1d {{.*}} -> tensor<3xf32>
// CHECK: scf.yield
// CHECK-NOT: scf.for
// CHECK: linalg.conv_1d {{.*}} -> tensor<2xf32>
// CHECK-NOT: scf.for
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<14xf32>, %w: tensor<3xf32>, %out: tensor<14xf32>) -> tensor<14xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 3]]}} {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<14xf32> to tensor<16xf32>
  %empty = tensor.empty() : tensor<14xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<14xf32>) -> tensor<14xf32>
  %y = linalg.conv_1d ins(%padded, %w : tensor<16xf32>, tensor<3xf32>) outs(%init : tensor<14xf32>) -> tensor<14xf32>
  return %y : tensor<14xf32>
}
}
