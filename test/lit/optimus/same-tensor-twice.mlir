// A concatenation of a tensor with itself, put together where a transposition takes it in, is part of one kernel.
// RUN: optimus run %s --backend numpy --json | FileCheck %s
// RUN: optimus compile %s --json -o %t.mlir
// RUN: FileCheck %s --check-prefix=KERNEL < %t.mlir

// CHECK: "matches_reference": true
// KERNEL: func.func private @kernel_0
// KERNEL-NOT: func.func private @kernel_1
func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %empty = tensor.empty() : tensor<1x2x4x4xf32>
  %one = tensor.insert_slice %x into %empty[0, 0, 0, 0] [1, 1, 4, 4] [1, 1, 1, 1] : tensor<1x1x4x4xf32> into tensor<1x2x4x4xf32>
  %two = tensor.insert_slice %x into %one[0, 1, 0, 0] [1, 1, 4, 4] [1, 1, 1, 1] : tensor<1x1x4x4xf32> into tensor<1x2x4x4xf32>
  %y = linalg.transpose ins(%two : tensor<1x2x4x4xf32>) outs(%empty : tensor<1x2x4x4xf32>) permutation = [0, 1, 3, 2]
  return %y : tensor<1x2x4x4xf32>
}
