// A transfer of partial sums says how wide their elements are.
// RUN: optimus-opt %s --optimus-tile-and-fuse --convert-linalg-to-accel | FileCheck %s

// CHECK-LABEL: func.func private @leaves
// CHECK: "accel.alloc"() {bytes = 24 : i64
// CHECK: "accel.store"(%{{[0-9]+}}, %arg2) {element_bytes = 4 : i64}
// CHECK-LABEL: func.func private @adds
// CHECK: "accel.load"(%arg0, %{{[0-9]+}}) : (
// CHECK: "accel.alloc"() {bytes = 24 : i64
// CHECK: "accel.load"(%arg2, %{{[0-9]+}}) {element_bytes = 4 : i64}
// CHECK: "accel.store"(%{{[0-9]+}}, %arg3) : (
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @leaves(%a: tensor<2x2xf32>, %b: tensor<2x3xf32>, %out: tensor<2x3xf32>) -> tensor<2x3xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3xf32>) -> tensor<2x3xf32>
  %sums = linalg.matmul {optimus.partial_sums} ins(%a, %b : tensor<2x2xf32>, tensor<2x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %sums : tensor<2x3xf32>
}
func.func private @adds(%a: tensor<2x2xf32>, %b: tensor<2x3xf32>, %sums: tensor<2x3xf32> {optimus.partial_sums}, %out: tensor<2x3xf32>) -> tensor<2x3xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3xf32>) -> tensor<2x3xf32>
  %part = linalg.matmul ins(%a, %b : tensor<2x2xf32>, tensor<2x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  %total = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%sums : tensor<2x3xf32>) outs(%part : tensor<2x3xf32>) {
  ^bb0(%s: f32, %p: f32):
    %t = arith.addf %p, %s : f32
    linalg.yield %t : f32
  } -> tensor<2x3xf32>
  return %total : tensor<2x3xf32>
}
}
