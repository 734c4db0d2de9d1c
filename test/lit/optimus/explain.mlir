// Each feature map that goes through DRAM is told why, with the figures.
// RUN: optimus explain %s --set scratchpad_bytes=200 | FileCheck %s --check-prefix=SMALL
// RUN: optimus explain %s --set scratchpad_bytes=200 --json | FileCheck %s --check-prefix=JSON

// SMALL: matmul0 and matmul1 are not fused: fusing would need a scratchpad of 576 bytes; there are 200 bytes
// JSON: "producer": "matmul1",
// JSON-NEXT: "reader": "matmul2",
// JSON-NEXT: "reason": "{{.*}}there are 200 bytes"
func.func @main(%x: tensor<16x16xf32>) -> (tensor<16x16xf32>, tensor<16x16xf32>) {
  %w = arith.constant dense<1.0> : tensor<16x16xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %a = linalg.matmul ins(%x, %w : tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  %b = linalg.matmul ins(%a, %w : tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  %c = linalg.matmul ins(%a, %w : tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  %d = linalg.matmul ins(%c, %w : tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %b, %d : tensor<16x16xf32>, tensor<16x16xf32>
}
