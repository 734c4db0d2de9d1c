// What every step needs is loaded once, before the loop.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: linalg.copy {{.*}}optimus.load} ins(%arg1 : tensor<4x8xf32>)
// CHECK: scf.for
// CHECK-NOT: %arg1
// CHECK: tensor.extract_slice %arg0[%{{.*}}, 0] [2, 4] [1, 1]
// CHECK: scf.yield
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %out: tensor<6x8xf32>) -> tensor<6x8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 2]]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x8xf32>) -> tensor<6x8xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x8xf32>) outs(%init : tensor<6x8xf32>) -> tensor<6x8xf32>
  return %y : tensor<6x8xf32>
}
}
