// Traffic against scratchpad size, with the groups at each knee, as a table, JSON or a picture.
// RUN: optimus sweep %s --scratchpad 4:2KiB | FileCheck %s
// RUN: optimus sweep %s --scratchpad 1KiB:2KiB --steps 2 --json | FileCheck %s --check-prefix=JSON
// RUN: optimus sweep %s --scratchpad 1KiB:2KiB --plot %t.svg && FileCheck %s --input-file %t.svg --check-prefix=SVG
// RUN: not optimus sweep %s --scratchpad 2KiB 2>&1 | FileCheck %s --check-prefix=SIZES

// CHECK: 4 B {{.*}} too small for some operator
// CHECK: 1.00 KiB 2.00 KiB 4.50 KiB 1 knee
// CHECK: 2.00 KiB 2.00 KiB 4.50 KiB 1
// CHECK-NOT: knee
// CHECK: groups at 1.00 KiB:
// CHECK-NEXT: matmul0 matmul1 matmul2

// JSON: "scratchpad_bytes": 1024,
// JSON-NEXT: "dram_bytes": 2048,
// JSON: "scratchpad_bytes": 1448,
// JSON: "scratchpad_bytes": 2048,
// SVG: <svg
// SIZES: error: --scratchpad 2KiB: write it like 32KiB:4MiB
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
