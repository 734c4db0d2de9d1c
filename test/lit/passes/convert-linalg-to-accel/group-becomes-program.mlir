// A tiled group becomes loads, one compute and a store, on buffers at the addresses that the plan gave them.
// RUN: optimus-opt %s --convert-linalg-to-accel | FileCheck %s

// CHECK-LABEL: func.func private @group_0(%arg0: memref<10xf32>, %arg1: memref<3xf32>, %arg2: memref<8xf32>)
// CHECK: %[[X:.*]] = "accel.alloc"() {bytes = 10 : i64, offset = 0 : i64} : () -> memref<10xf32, 1>
// CHECK: "accel.load"(%arg0, %[[X]])
// CHECK: %[[W:.*]] = "accel.alloc"() {bytes = 3 : i64, offset = 18 : i64}
// CHECK: "accel.load"(%arg1, %[[W]])
// CHECK: %[[Y:.*]] = "accel.alloc"() {bytes = 8 : i64, offset = 10 : i64}
// CHECK: "accel.compute"
// CHECK: func.call @kernel_0(
// CHECK: "accel.store"(%[[Y]], %arg2)
// CHECK-NEXT: return
// CHECK-LABEL: func.func private @kernel_0(
// CHECK: linalg.fill
// CHECK-NEXT: linalg.conv_1d
// CHECK-NEXT: return
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
