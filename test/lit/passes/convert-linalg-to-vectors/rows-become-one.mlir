// Loops over memory without gaps are one loop: a dense box is copied as one row.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=64 registers=32" | FileCheck %s

// CHECK-LABEL: func.func @dense
// CHECK: %[[END:.*]] = arith.constant 384 : index
// CHECK: scf.for {{.*}} to %[[END]]
// CHECK-NOT: scf.for
// CHECK: return
func.func @dense(%x: memref<3x8x16xf32>, %y: memref<3x8x16xf32>) {
  linalg.copy ins(%x : memref<3x8x16xf32>) outs(%y : memref<3x8x16xf32>)
  return
}
