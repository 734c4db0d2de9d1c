// What is read between a fill and a reduction must be there: the fill stays.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @read_between
// CHECK: vector.store
// CHECK: vector.store
// CHECK: scf.for
func.func @read_between(%a: memref<1x64xf32>, %b: memref<64x8xf32>, %c: memref<1x8xf32>, %d: memref<1x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %view = memref.cast %c : memref<1x8xf32> to memref<1x8xf32, strided<[8, 1]>>
  linalg.fill ins(%zero : f32) outs(%c : memref<1x8xf32>)
  linalg.copy ins(%view : memref<1x8xf32, strided<[8, 1]>>) outs(%d : memref<1x8xf32>)
  linalg.matmul ins(%a, %b : memref<1x64xf32>, memref<64x8xf32>) outs(%c : memref<1x8xf32>)
  return
}
