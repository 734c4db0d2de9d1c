// What a sweep has learned plans for any size of the scratchpad, without the model; the plan runs.
// RUN: optimus sweep %s --scratchpad 100:2KiB --steps 2 --table %t.table
// RUN: optimus replan %t.table --scratchpad 1500 -o %t.plan | FileCheck %s
// RUN: optimus replan %t.table --scratchpad 300 --json | FileCheck %s --check-prefix=JSON
// RUN: optimus run %s --plan %t.plan --json | FileCheck %s --check-prefix=REPLAYED
// RUN: not optimus replan %t.table --scratchpad 2 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not optimus replan %t.plan --scratchpad 2KiB 2>&1 | FileCheck %s --check-prefix=FILE

// CHECK: {{.*}}replan.mlir on eyeriss, scratchpad 1.46 KiB
// CHECK-NEXT: 1.50 KiB of DRAM traffic in 1 group, 0.0 % above the bound; planned in {{.*}} ms
// CHECK-NEXT: matmul0 matmul1
// JSON: "scratchpad_bytes": 300
// JSON: "dram_bytes": {{[0-9]+}}
// REPLAYED: "scratchpad_bytes": 1500
// SMALL: error: a free scratchpad of 2 bytes is too small: this table knows plans for {{[0-9]+}} bytes or more
// FILE: error: {{.*}}.plan: bounds: missing
func.func @main(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %w = arith.constant dense<1.0> : tensor<16x16xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %a = linalg.matmul ins(%x, %w : tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  %b = linalg.matmul ins(%a, %w : tensor<16x16xf32>, tensor<16x16xf32>) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %b : tensor<16x16xf32>
}
