// With double buffering what joins a window comes to the spare room behind it, and is moved into place as its step begins;
// what fills it for the first time comes straight to its place.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s

// CHECK-LABEL: func.func private @group_0
// CHECK: %[[WINDOW:.*]] = "accel.alloc"() {bytes = 4 : i64, offset = 0 : i64}
// CHECK: "accel.load"({{.*}}, %[[WINDOW]])
// CHECK: %[[SPARE:.*]] = "accel.alloc"() {bytes = 2 : i64, offset = 4 : i64}
// CHECK: "accel.load"({{.*}}, %[[SPARE]])
// CHECK: scf.for {{.*}} iter_args(%[[LOADED:[a-z0-9]+]] = {{.*}}, {{.*}}, {{.*}})
// CHECK-NEXT: "accel.wait"(%[[LOADED]])
// CHECK-DAG: %[[BACK:.*]] = memref.subview %[[WINDOW]][2] [2] [1]
// CHECK-DAG: %[[FRONT:.*]] = memref.subview %[[WINDOW]][0] [2] [1]
// CHECK: "accel.move"(%[[BACK]], %[[FRONT]])
// CHECK-NEXT: "accel.move"(%[[SPARE]], %[[BACK]])
// CHECK: "accel.load"({{.*}}, %[[SPARE]])
// CHECK: "accel.compute"
// CHECK: "accel.store"
// CHECK-NEXT: scf.yield
module attributes {optimus.accelerator = {name = "tiny", description = "two copies", scratchpad_bytes = 256, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1, double_buffering = true}} {
func.func @main(%x: tensor<14xf32>, %w: tensor<3xf32>) -> tensor<12xf32> {
  %empty = tensor.empty() : tensor<12xf32>
  %y = call @group_0(%x, %w, %empty) {optimus.group = 0, optimus.operators = ["conv0"], optimus.price = {macs = 36}} : (tensor<14xf32>, tensor<3xf32>, tensor<12xf32>) -> tensor<12xf32>
  return %y : tensor<12xf32>
}
func.func private @group_0(%x: tensor<14xf32>, %w: tensor<3xf32>, %out: tensor<12xf32>) -> tensor<12xf32> attributes {optimus.schedule = {tiles = [[0, 2]], keeps = [["in0", 0], ["in1", 0]], blocks = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<12xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<12xf32>) -> tensor<12xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<14xf32>, tensor<3xf32>) outs(%init : tensor<12xf32>) -> tensor<12xf32>
  return %y : tensor<12xf32>
}
}
