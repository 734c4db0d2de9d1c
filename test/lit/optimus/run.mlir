// A run shows for each group what was predicted and what the emulator counted, then the totals.
// RUN: optimus run %s --set element_bits=32 --set scratchpad_bytes=160 | FileCheck %s

// CHECK: on eyeriss: 1 operator in 1 group (online)
// CHECK: 0 matmul0 3/6x5 156 B 632 B 632 B
// CHECK-NEXT: blocks matmul0.2/3
// CHECK: DRAM traffic 632 B predicted and counted: equal for every tensor
// CHECK: layer by layer 632 B the plan saves 0.0 %
// CHECK: floor 472 B the plan is 33.9 % above
// CHECK: scratchpad peak 156 B 97.5 % of 160 B
// CHECK: difference 0 largest, from the plain lowering
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
