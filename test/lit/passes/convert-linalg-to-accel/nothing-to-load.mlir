// A group that reads nothing (but padding, say) is a program like any other, and its stores are waited for.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s

// CHECK: "accel.launch"
// CHECK-LABEL: func.func private @group_0
// CHECK: %[[NONE:.*]] = "accel.done"() : () -> !accel.token
// CHECK: scf.for {{.*}} iter_args(%[[BEFORE:[a-z0-9]+]] = %[[NONE]], %[[LAST:[a-z0-9]+]] = %[[NONE]]
// CHECK-NEXT: "accel.wait"(%[[BEFORE]])
// CHECK: "accel.compute"
// CHECK: %[[STORED:.*]] = "accel.store"
// CHECK-NEXT: scf.yield %[[LAST]], %[[STORED]]
#id = affine_map<(d0) -> (d0)>
module attributes {optimus.accelerator = {name = "tiny", description = "two copies", scratchpad_bytes = 256, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1, double_buffering = true}} {
func.func @main() -> tensor<8xf32> {
  %empty = tensor.empty() : tensor<8xf32>
  %y = call @group_0(%empty) {optimus.group = 0, optimus.operators = ["ones"], optimus.price = {macs = 0}} : (tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
func.func private @group_0(%out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {tiles = [[0, 2]], keeps = [], blocks = []}} {
  %one = arith.constant 1.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %y = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%empty : tensor<8xf32>) {
  ^bb0(%o: f32):
    linalg.yield %one : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
