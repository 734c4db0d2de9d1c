// A plan gives account of itself: of each group, and of each feature map that goes through DRAM.
// RUN: optimus explain %s --set scratchpad_bytes=200 | FileCheck %s
// RUN: optimus plan %s --set scratchpad_bytes=200 --solver online --explain | FileCheck %s
// RUN: optimus explain %s --set scratchpad_bytes=200 --json | FileCheck %s --check-prefix=JSON
// RUN: optimus plan %s --set scratchpad_bytes=200 --json --explain | FileCheck %s --check-prefixes=PLAN,JSON

// CHECK: group 1: matmul1
// CHECK-NEXT: moves 3.00 KiB, 1.50 KiB more than its floor of 1.50 KiB
// CHECK-NEXT: weights %cst1 of matmul1: 2.00 KiB = 512 B once + 1.50 KiB again, all of it 4 times, at the 4 tile steps along dimension 0 of %matmul1 (4 of 16 a step)
// CHECK-NEXT: each element once: input %matmul0 512 B, result %matmul1 512 B
// CHECK-NEXT: computes 4096 MACs, each once
// CHECK-NEXT: takes {{.*}} in DRAM; {{[0-9]+}} cycles, most of them for DRAM
// CHECK-NEXT: fills 168 of 200 bytes at its worst moment: %matmul0 128 B (4x16 of 16x16), %cst1 32 B (16x1 of 16x16), %matmul1 8 B (4x1 of 16x16)
// CHECK-NEXT: runs in 8 bytes or more, and would then move
// CHECK-NEXT: 18 bytes more (218) would save 512 B; nothing less would save any
// CHECK-NEXT: from 546 bytes on it moves its floor, 1.50 KiB
// CHECK: between groups:
// CHECK-NEXT: matmul0 and matmul1 are not fused: fusing would need a scratchpad of 576 bytes; there are 200 bytes

// PLAN: "explanation": {
// JSON: "dram_bytes": 3072,
// JSON-NEXT: "floor_bytes": 1536,
// JSON: "tensor": "%cst1",
// JSON-NEXT: "kind": "weights",
// JSON-NEXT: "bytes": 2048,
// JSON-NEXT: "once_bytes": 512,
// JSON: "is_halo": false,
// JSON-NEXT: "count": 1536
// JSON: "smallest": {
// JSON-NEXT: "scratchpad_bytes": 8,
// JSON: "better": {
// JSON-NEXT: "scratchpad_bytes": 218,
// JSON-NEXT: "dram_bytes": 2560
// JSON: "producer": "matmul0",
// JSON-NEXT: "reader": "matmul1",
// JSON-NEXT: "reason": "fusing would need
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
