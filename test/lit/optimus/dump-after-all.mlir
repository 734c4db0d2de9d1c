// Each pass leaves a numbered file, in the order in which they run.
// RUN: rm -rf %t
// RUN: optimus compile %s -o %t.mlir --dump-after-all %t
// RUN: ls %t | FileCheck %s

// CHECK: 01-optimus-normalize.mlir
// CHECK: 02-optimus-group.mlir
// CHECK: 03-optimus-outline.mlir
// CHECK: 04-optimus-tile-and-fuse.mlir
// CHECK: 05-convert-linalg-to-accel.mlir
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
