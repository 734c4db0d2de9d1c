// A schedule of the wrong form is refused with the form that it should have.
// RUN: optimus-opt %s --optimus-tile-and-fuse --split-input-file --verify-diagnostics

module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
// expected-error @+1 {{optimus.schedule must be {blocks = [[operator, loop, size], ...], keeps = [[tensor, depth], ...], tiles = [[dimension, size], ...]}}}
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {tiles = [[0, 2]]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
// -----
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
// expected-error @+1 {{optimus.schedule must be}}
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [0, 2]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
