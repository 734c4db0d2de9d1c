// A transform schedule may do more to a tile than cut it: here only one of the two shapes is cut on.
// RUN: optimus-opt %s --optimus-tile-and-fuse="schedule=%S/Inputs/cut-on.mlir" | FileCheck %s

// CHECK: scf.for
// CHECK: %[[PARTS:.*]] = scf.for {{.*}} step %c1{{.*}} iter_args
// CHECK: linalg.conv_1d {mine} {{.*}} -> tensor<1xf32>
// CHECK: } {optimus.cycles = {{[0-9]+}} : i64, optimus.operator = "conv0"}
// CHECK: tensor.insert_slice %[[PARTS]]
// CHECK: linalg.conv_1d {optimus.cycles = {{[0-9]+}} : i64, optimus.operator = "conv0"} {{.*}} -> tensor<2xf32>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 3]]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
