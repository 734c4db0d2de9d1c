// A call of a group becomes a launch on buffers in DRAM; what the plan says of it stays with it.
// RUN: optimus-opt %s --convert-linalg-to-accel | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: "accel.launch"() ({
// CHECK-NEXT: func.call @group_0(%arg0, %arg1, %{{.*}}) : (memref<10xf32>, memref<3xf32>, memref<8xf32>) -> ()
// CHECK-NEXT: "accel.end"
// CHECK-NEXT: }) {optimus.group = 0 : i64, optimus.operators = ["conv0"], optimus.price = {macs = 24 : i64}}
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: tensor<10xf32>, %w: tensor<3xf32>) -> tensor<8xf32> {
  %empty = tensor.empty() : tensor<8xf32>
  %y = call @group_0(%x, %w, %empty) {optimus.group = 0, optimus.operators = ["conv0"], optimus.price = {macs = 24}} : (tensor<10xf32>, tensor<3xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %x_buffer = bufferization.alloc_tensor() {memory_space = {element_bytes = 1, scratchpad = 0}} : tensor<10xf32>
  %x_tile = linalg.copy {optimus.load} ins(%x : tensor<10xf32>) outs(%x_buffer : tensor<10xf32>) -> tensor<10xf32>
  %w_buffer = bufferization.alloc_tensor() {memory_space = {element_bytes = 1, scratchpad = 18}} : tensor<3xf32>
  %w_tile = linalg.copy {optimus.load} ins(%w : tensor<3xf32>) outs(%w_buffer : tensor<3xf32>) -> tensor<3xf32>
  %y_buffer = bufferization.alloc_tensor() {memory_space = {element_bytes = 1, scratchpad = 10}} : tensor<8xf32>
  %init = linalg.fill {optimus.operator = "conv0"} ins(%zero : f32) outs(%y_buffer : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d {optimus.operator = "conv0"} ins(%x_tile, %w_tile : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  %stored = linalg.copy {optimus.store} ins(%y : tensor<8xf32>) outs(%out : tensor<8xf32>) -> tensor<8xf32>
  return %stored : tensor<8xf32>
}
}
