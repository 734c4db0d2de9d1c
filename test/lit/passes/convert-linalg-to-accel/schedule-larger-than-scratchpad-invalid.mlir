// A hand-written schedule that does not fit is rejected: its buffers would end outside the scratchpad.
// RUN: not optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel 2>&1 | FileCheck %s

// CHECK: are outside the scratchpad of 64
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>) -> tensor<6x8xf32> {
  %empty = tensor.empty() : tensor<6x8xf32>
  %y = call @group_0(%x, %w, %empty) {optimus.group = 0} : (tensor<6x4xf32>, tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}
func.func private @group_0(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %out: tensor<6x8xf32>) -> tensor<6x8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x8xf32>) -> tensor<6x8xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x8xf32>) outs(%init : tensor<6x8xf32>) -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}
}
