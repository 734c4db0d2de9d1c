// A plan written by hand is obeyed, even one that no solver would choose: two groups, and a loop over single columns.
// RUN: optimus-opt %s --optimus-outline --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @group_0
// CHECK-NOT: scf.for
// CHECK: linalg.matmul {{.*}} -> tensor<4x4xf32>
// CHECK-LABEL: func.func private @group_1
// CHECK: scf.for
// CHECK: linalg.matmul {{.*}} -> tensor<4x1xf32>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul {optimus.group = 0, optimus.schedule = {blocks = [], keeps = [], tiles = []}} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = linalg.matmul {optimus.group = 1, optimus.schedule = {blocks = [], keeps = [], tiles = [[1, 1]]}} ins(%y, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
}
