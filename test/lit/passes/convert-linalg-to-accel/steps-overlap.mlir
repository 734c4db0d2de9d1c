// With double buffering a step begins with the loads of the next and ends with its own stores, which nobody waits for before
// the step after the next; of the buffers that DMA fills or empties, two copies take turns.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s
// RUN: sed s/double_buffering\ =\ true/double_buffering\ =\ false/ %s | optimus-opt --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s --check-prefix=AT-ONCE

// CHECK-LABEL: func.func private @group_0
// CHECK: "accel.load"(%arg1, {{.*}}) : {{.*}} -> !accel.token
// CHECK: %[[A:.*]] = "accel.alloc"() {bytes = 8 : i64, offset = 16 : i64}
// CHECK: %[[B:.*]] = "accel.alloc"() {bytes = 8 : i64, offset = 24 : i64}
// CHECK: %[[FIRST:.*]] = "accel.load"({{.*}}, %[[B]])
// CHECK: %[[LOOP:.*]]:5 = scf.for {{.*}} iter_args(%[[LOADED:.*]] = %[[FIRST]], %[[OTHER:.*]] = %[[A]], %[[NOW:.*]] = %[[B]], %[[FREE:.*]] = {{.*}}, %[[RESULT:.*]] = {{.*}})
// CHECK-NEXT: "accel.wait"(%[[LOADED]])
// CHECK: %[[NEXT:.*]] = "accel.load"({{.*}}, %[[OTHER]])
// CHECK: "accel.compute"
// CHECK: memref.cast %[[RESULT]]
// CHECK: memref.cast %[[NOW]]
// CHECK: "accel.store"(%[[RESULT]]
// CHECK-NEXT: scf.yield %[[NEXT]], %[[NOW]], %[[OTHER]], %[[RESULT]], %[[FREE]]
// CHECK: "accel.wait"(%[[LOOP]]#0)
// CHECK-NEXT: "accel.compute"
// CHECK: %[[LAST:.*]] = "accel.store"(%[[LOOP]]#4
// CHECK-NEXT: "accel.wait"(%[[LAST]])
// AT-ONCE: "accel.load"
// AT-ONCE-NOT: accel.token
module attributes {optimus.accelerator = {name = "tiny", description = "two copies", scratchpad_bytes = 256, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1, double_buffering = true}} {
func.func @main(%x: tensor<8x4xf32>, %w: tensor<4x4xf32>) -> tensor<8x4xf32> {
  %empty = tensor.empty() : tensor<8x4xf32>
  %y = call @group_0(%x, %w, %empty) {optimus.group = 0, optimus.operators = ["matmul0"], optimus.price = {macs = 128}} : (tensor<8x4xf32>, tensor<4x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
func.func private @group_0(%x: tensor<8x4xf32>, %w: tensor<4x4xf32>, %out: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {optimus.schedule = {tiles = [[0, 2]], keeps = [["in1", 0]], blocks = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x4xf32>) -> tensor<8x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x4xf32>, tensor<4x4xf32>) outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
}
