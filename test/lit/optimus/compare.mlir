// Every solver on the same cost model; off-line proves its plan, and no other is better.
// RUN: optimus compare %s --set scratchpad_bytes=2KiB | FileCheck %s
// RUN: optimus compare %s --set scratchpad_bytes=2KiB --solver row --json | FileCheck %s --check-prefix=JSON
// RUN: not optimus compare %s --solver best 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// CHECK: solver DRAM weights maps in maps out groups energy cycles time gap
// CHECK: layer-by-layer 4.50 KiB 1.50 KiB 1.50 KiB 1.50 KiB 3 586 nJ 2112 {{.*}} 125.0 %
// CHECK: offline 2.00 KiB 512 B 512 B 1.00 KiB 1 322 nJ 1046 {{.*}} optimal
// CHECK: no plan of the schedule space moves less than 2.00 KiB

// JSON: "solver": "row"
// JSON: "weights_read": 512
// JSON-NEXT: "maps_read": 512
// JSON-NEXT: "maps_written": 1024
// JSON-NEXT: "total": 2048

// UNKNOWN: error: unknown solver 'best'
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
