// A window moves its halo to the front and loads only what is new.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: #[[$NEW:.*]] = affine_map<(d0) -> (d0 * 2 + 2)>
// CHECK: scf.for %[[STEP:.*]] = %{{.*}} iter_args(%[[WINDOW:.*]] = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK: %[[HALO:.*]] = tensor.extract_slice %[[WINDOW]][2] [2] [1] : tensor<4xf32>
// CHECK: %[[FRONT:.*]] = tensor.extract_slice %[[WINDOW]][0] [2] [1]
// CHECK: linalg.copy {{.*}}optimus.move} ins(%[[HALO]] {{.*}} outs(%[[FRONT]]
// CHECK: %[[BEGIN:.*]] = affine.apply #[[$NEW]](%[[STEP]])
// CHECK: %[[FRESH:.*]] = tensor.extract_slice %arg0[%[[BEGIN]]] [2] [1]
// CHECK: linalg.copy {{.*}}optimus.load} ins(%[[FRESH]]
// CHECK: linalg.conv_1d {{.*}}tensor<4xf32>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [["in0", 0]], tiles = [[0, 2]]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
