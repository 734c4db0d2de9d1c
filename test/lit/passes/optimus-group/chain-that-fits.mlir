// Two convolutions become one group where what is between them fits on chip.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: linalg.conv_1d {optimus.group = 0 : i64}
// CHECK: linalg.conv_1d {optimus.group = 0 : i64
// CHECK-SAME: optimus.price = {dram_read_bytes = [12, 3, 3], dram_write_bytes = [8], footprint_bytes = 25 : i64, macs = 54 : i64}
// CHECK-SAME: optimus.schedule = {blocks = [], keeps = [], tiles = []}
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
