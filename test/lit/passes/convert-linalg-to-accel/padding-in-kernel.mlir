// Padding is filled in inside the kernel: the array's own memory, no scratchpad and no DRAM.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s

// CHECK: "accel.load"(%arg0, %{{.*}}) : (memref<8xf32>, memref<8xf32, 1>)
// CHECK-NOT: memref.alloc
// CHECK: func.func private @kernel_0(
// CHECK: %[[FEED:.*]] = memref.alloc() {{.*}} : memref<10xf32>
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%[[FEED]]
// CHECK: linalg.conv_1d ins(%[[FEED]],
// CHECK: memref.dealloc %[[FEED]]
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: tensor<8xf32>, %w: tensor<3xf32>) -> tensor<8xf32> {
  %empty = tensor.empty() : tensor<8xf32>
  %y = call @group_0(%x, %w, %empty) {optimus.group = 0} : (tensor<8xf32>, tensor<3xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
func.func private @group_0(%x: tensor<8xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = []}} {
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
