// The convolution makes the last two channels. While the tiles are in the first two, nothing comes through the window of its
// input, and there is nothing to move up either.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s
// RUN: sed s/double_buffering\ =\ false/double_buffering\ =\ true/ %s | optimus-opt --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s

// CHECK-LABEL: func.func private @group_0
// CHECK-NOT: accel.move
// CHECK: "accel.load"(%{{.*}}memref<2x2x3x3xf32
// CHECK: "accel.move"
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 512, element_bits = 8, accumulator_bits = 8, double_buffering = false, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: tensor<1x2x6x6xf32>, %y: tensor<1x2x6x6xf32>, %w: tensor<2x2x3x3xf32>) -> tensor<1x4x6x6xf32> {
  %empty = tensor.empty() : tensor<1x4x6x6xf32>
  %z = call @group_0(%x, %w, %y, %empty) {optimus.group = 0} : (tensor<1x2x6x6xf32>, tensor<2x2x3x3xf32>, tensor<1x2x6x6xf32>, tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  return %z : tensor<1x4x6x6xf32>
}
func.func private @group_0(%x: tensor<1x2x6x6xf32>, %w: tensor<2x2x3x3xf32>, %y: tensor<1x2x6x6xf32>, %out: tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32> attributes {optimus.schedule = {blocks = [], keeps = [["in0", 1]], tiles = [[1, 2], [2, 1]]}} {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%n: index, %c: index, %h: index, %v: index):
    tensor.yield %zero : f32
  } : tensor<1x2x6x6xf32> to tensor<1x2x8x8xf32>
  %e = tensor.empty() : tensor<1x2x6x6xf32>
  %start = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %conv = linalg.conv_2d_nchw_fchw ins(%padded, %w : tensor<1x2x8x8xf32>, tensor<2x2x3x3xf32>) outs(%start : tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %both = tensor.concat dim(1) %y, %conv : (tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>) -> tensor<1x4x6x6xf32>
  %result = tensor.empty() : tensor<1x4x6x6xf32>
  %root = linalg.exp ins(%both : tensor<1x4x6x6xf32>) outs(%result : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  return %root : tensor<1x4x6x6xf32>
}
}
