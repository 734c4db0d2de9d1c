// A block of a reduction also cuts the operand that only says how long the reduction is.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: scf.for
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<5x3xf32>, tensor<2xf32>)
#strided = affine_map<(r, k) -> (r, k * 2)>
#extent = affine_map<(r, k) -> (k)>
#result = affine_map<(r, k) -> (r)>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 256, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<5x7xf32>, %out: tensor<5xf32>) -> tensor<5xf32> attributes {optimus.schedule = {blocks = [["op0", 1, 2]], tiles = [], keeps = []}} {
  %zero = arith.constant 0.0 : f32
  %four = tensor.empty() : tensor<4xf32>
  %empty = tensor.empty() : tensor<5xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<5xf32>) -> tensor<5xf32>
  %y = linalg.generic {indexing_maps = [#strided, #extent, #result], iterator_types = ["parallel", "reduction"]} ins(%x, %four : tensor<5x7xf32>, tensor<4xf32>) outs(%init : tensor<5xf32>) {
  ^bb0(%a: f32, %unused: f32, %sum: f32):
    %s = arith.addf %a, %sum : f32
    linalg.yield %s : f32
  } -> tensor<5xf32>
  return %y : tensor<5xf32>
}
}
