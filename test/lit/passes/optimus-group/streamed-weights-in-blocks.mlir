// Weights that are larger than the scratchpad are read in blocks, as large as fit.
// RUN: optimus-opt %s --optimus-group="accelerator=generic set=scratchpad_bytes=64" | FileCheck %s

// CHECK: linalg.matmul {{.*}}dram_read_bytes = [8, 128]{{.*}}optimus.schedule = {blocks = {{\[\[}}"op0", 1, 6]], keeps = [], tiles = []
func.func @main(%x: tensor<1x8xf32>) -> tensor<1x16xf32> {
  %weights = arith.constant dense<1.0> : tensor<8x16xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x16xf32>) -> tensor<1x16xf32>
  %y = linalg.matmul ins(%x, %weights : tensor<1x8xf32>, tensor<8x16xf32>) outs(%init : tensor<1x16xf32>) -> tensor<1x16xf32>
  return %y : tensor<1x16xf32>
}
