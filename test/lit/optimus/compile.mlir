// A program of the accelerator is written as text, or as bytecode by its suffix.
// RUN: optimus compile %s -o %t.mlir
// RUN: FileCheck %s --input-file %t.mlir
// RUN: optimus compile %s -o %t.mlirbc
// RUN: optimus-opt %t.mlirbc | FileCheck %s
// RUN: optimus compile %s -o - | FileCheck %s

// CHECK: "accel.launch"
// CHECK: "accel.load"
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
