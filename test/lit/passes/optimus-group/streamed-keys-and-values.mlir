// Keys and values that do not fit come in blocks, again for every tile of queries; scores stay on chip.
// RUN: optimus-opt %s --optimus-normalize --optimus-group="accelerator=generic set=scratchpad_bytes=600" | FileCheck %s

// 6 tiles of queries: 6 x 640 bytes of keys, 6 x 640 of values
// CHECK: dram_read_bytes = [960, 3840, 3840], dram_write_bytes = [960]
// CHECK-SAME: optimus.schedule = {blocks = {{\[\[}}"op0", 1, {{[0-9]+}}], ["op1", 1, {{[0-9]+}}]], keeps = [], tiles = {{\[\[}}0, 10]]}
func.func @main(%q: tensor<60x16xf32>, %k: tensor<16x40xf32>, %v: tensor<40x16xf32>) -> tensor<60x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<60x40xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<60x40xf32>) -> tensor<60x40xf32>
  %scores = linalg.matmul ins(%q, %k : tensor<60x16xf32>, tensor<16x40xf32>) outs(%i : tensor<60x40xf32>) -> tensor<60x40xf32>
  %e1 = tensor.empty() : tensor<60x16xf32>
  %i1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<60x16xf32>) -> tensor<60x16xf32>
  %weighted = linalg.matmul ins(%scores, %v : tensor<60x40xf32>, tensor<40x16xf32>) outs(%i1 : tensor<60x16xf32>) -> tensor<60x16xf32>
  return %weighted : tensor<60x16xf32>
}
