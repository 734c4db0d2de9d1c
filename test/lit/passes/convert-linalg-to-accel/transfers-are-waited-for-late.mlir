// With double buffering a transfer runs on until what it moves is touched, or the step ends; without, each is done at once.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s
// RUN: sed s/double_buffering\ =\ true/double_buffering\ =\ false/ %s | optimus-opt --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s --check-prefix=AT-ONCE

// CHECK-LABEL: func.func private @group_0
// CHECK: %[[W:.*]] = "accel.load"(%arg1, {{.*}}) : {{.*}} -> !accel.token
// CHECK: "accel.wait"(%[[W]])
// CHECK-NEXT: scf.for
// CHECK: %[[X:.*]] = "accel.load"
// CHECK: "accel.wait"(%[[X]])
// CHECK-NEXT: "accel.compute"
// CHECK: %[[Y:.*]] = "accel.store"
// CHECK-NEXT: "accel.wait"(%[[Y]])
// CHECK-NEXT: }
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
