// The chain is tiled where it does not fit as a whole, and split where no tile of it fits.
// RUN: optimus-opt %s --optimus-group="accelerator=generic set=scratchpad_bytes=15" | FileCheck %s --check-prefix=TILED
// RUN: optimus-opt %s --optimus-group="accelerator=generic set=scratchpad_bytes=14" | FileCheck %s --check-prefix=SPLIT

// TILED: linalg.conv_1d {optimus.group = 0 : i64}
// TILED: linalg.conv_1d {optimus.group = 0 : i64{{.*}} tiles = {{\[\[}}0, 1]]
// SPLIT: linalg.conv_1d {optimus.group = 0 : i64, {{.*}} dram_write_bytes = [10]
// SPLIT: linalg.conv_1d {optimus.group = 1 : i64, {{.*}}{dram_read_bytes = [10, 3]
func.func @main(%x: tensor<12xf32>, %w: tensor<3xf32>, %v: tensor<3xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<10xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<10xf32>) -> tensor<10xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<12xf32>, tensor<3xf32>) outs(%init_y : tensor<10xf32>) -> tensor<10xf32>
  %empty_z = tensor.empty() : tensor<8xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<8xf32>) -> tensor<8xf32>
  %z = linalg.conv_1d ins(%y, %v : tensor<10xf32>, tensor<3xf32>) outs(%init_z : tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}
