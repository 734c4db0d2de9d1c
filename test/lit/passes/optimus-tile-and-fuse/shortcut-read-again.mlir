// A shortcut that its add reads again comes from DRAM a second time, when the add needs it.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: func.func private @group_0(%[[X:[a-z0-9]+]]:
// CHECK: scf.for
// CHECK: %[[ROWS:.*]] = tensor.extract_slice %[[X]]
// CHECK: %[[FIRST:.*]] = linalg.copy {{.*}}optimus.load} ins(%[[ROWS]] : tensor<2x4xf32>)
// CHECK: linalg.matmul {{.*}} ins(%[[FIRST]],
// CHECK: %[[AGAIN:.*]] = linalg.copy {{.*}}optimus.load} ins(%[[ROWS]] : tensor<2x4xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[AGAIN]] : tensor<2x4xf32>)
#id = affine_map<(m, n) -> (m, n)>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>, %v: tensor<4x4xf32>, %out: tensor<6x4xf32>) -> tensor<6x4xf32> attributes {optimus.schedule = {blocks = [], keeps = [], rereads = [["in0", "op1"]], tiles = [[0, 2]]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %z = linalg.matmul ins(%y, %v : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<6x4xf32>) outs(%z : tensor<6x4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<6x4xf32>
  return %sum : tensor<6x4xf32>
}
}
