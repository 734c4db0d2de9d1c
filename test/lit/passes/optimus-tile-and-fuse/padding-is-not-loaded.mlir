// The first and the last tile load one element less and fill it in as they feed the array.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK: %[[INSIDE:.*]] = tensor.extract_slice %arg0[0] [3] [1]
// CHECK: linalg.copy {{.*}}optimus.load} ins(%[[INSIDE]]
// CHECK: %[[FEED:.*]] = bufferization.alloc_tensor() : tensor<4xf32>
// CHECK: linalg.fill {{.*}} outs(%[[FEED]]
// CHECK: scf.for
// CHECK: tensor.extract_slice %arg0[%{{.*}}] [4] [1]
// CHECK-NOT: bufferization.alloc_tensor() : tensor<4xf32>
// CHECK: scf.yield
// CHECK: tensor.extract_slice %arg0[5] [3] [1]
// CHECK: bufferization.alloc_tensor() : tensor<4xf32>
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<8xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 2]]}} {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<8xf32> to tensor<10xf32>
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%padded, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
