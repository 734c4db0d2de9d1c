// A transform schedule that is fed back as it was printed leaves the same program, byte for byte.
// RUN: optimus-opt %s --optimus-tile-and-fuse="print-schedule=%t.mlir" -o %t.ours
// RUN: optimus-opt %s --optimus-tile-and-fuse="schedule=%t.mlir" -o %t.replayed
// RUN: diff %t.ours %t.replayed
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @"group-0"(%x: tensor<12xf32>, %w: tensor<3xf32>, %v: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 3]]}} {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<10xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<10xf32>) -> tensor<10xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<12xf32>, tensor<3xf32>) outs(%init_y : tensor<10xf32>) -> tensor<10xf32>
  %empty_z = tensor.empty() : tensor<8xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<8xf32>) -> tensor<8xf32>
  %z = linalg.conv_1d ins(%y, %v : tensor<10xf32>, tensor<3xf32>) outs(%init_z : tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}
}
