// A reduction in blocks starts its sums, adds one block's products after the other, and finishes them.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: %[[SUMS:.*]] = bufferization.alloc_tensor() {memory_space = {element_bytes = 4 : i64, scratchpad = {{.*}} : tensor<6x8xf32>
// CHECK: %[[START:.*]] = linalg.fill {{.*}} outs(%[[SUMS]]
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%[[BEFORE:.*]] = %[[START]])
// CHECK: tensor.extract_slice %arg0[0, %{{.*}}] [6, 2] [1, 1]
// CHECK: tensor.extract_slice %arg1[%{{.*}}, 0] [2, 8] [1, 1]
// CHECK: %[[ADDED:.*]] = linalg.matmul {{.*}}tensor<6x2xf32>, tensor<2x8xf32>) outs(%[[BEFORE]]
// CHECK: scf.yield %[[ADDED]]
// CHECK: linalg.generic {{.*}} outs(%[[SUM]]
// CHECK: optimus.store
#id = affine_map<(m, n) -> (m, n)>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 512, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %out: tensor<6x8xf32>) -> tensor<6x8xf32> attributes {optimus.schedule = {blocks = [["op0", 2, 2]], keeps = [], tiles = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x8xf32>) -> tensor<6x8xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x8xf32>) outs(%init : tensor<6x8xf32>) -> tensor<6x8xf32>
  %relu = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%y : tensor<6x8xf32>) {
  ^bb0(%a: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<6x8xf32>
  return %relu : tensor<6x8xf32>
}
}
