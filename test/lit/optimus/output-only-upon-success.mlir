// A failed compilation leaves an existing output file as it was, and makes no new one.
// RUN: echo precious > %t
// RUN: not optimus compile %s -o %t --set scratchpad_bytes=4 2>&1 | FileCheck %s
// RUN: cat %t | FileCheck %s --check-prefix=KEPT
// RUN: not optimus compile %s -o %t.new --set scratchpad_bytes=4
// RUN: not ls %t.new
// RUN: optimus compile %s -o %t --set scratchpad_bytes=8

// CHECK: optimus: error: eyeriss: a scratchpad of 4 bytes is too small {{.*}} set scratchpad_bytes=8
// KEPT: precious
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
