// Without a fill a reduction goes on from what the result holds: another block of it came before.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @accumulate
// CHECK: %[[BEFORE:.*]] = vector.load %[[C:.*]][
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[BEFORE]])
// CHECK: vector.store %{{.*}}, %[[C]][
func.func @accumulate(%a: memref<1x64xf32>, %b: memref<64x8xf32>, %c: memref<1x8xf32>) {
  linalg.matmul ins(%a, %b : memref<1x64xf32>, memref<64x8xf32>) outs(%c : memref<1x8xf32>)
  return
}
