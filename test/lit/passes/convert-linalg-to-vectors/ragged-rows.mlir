// The end of a row that fills no vector is masked, or a vector of its own length where masks are missing.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16 has-masks=false" | FileCheck %s --check-prefix=PLAIN

// CHECK-LABEL: func.func @rows
// CHECK: vector.maskedload {{.*}} : memref<{{.*}}>, vector<4xi1>, vector<4xf32> into vector<4xf32>
// CHECK: vector.constant_mask [3] : vector<4xi1>
// CHECK: vector.maskedstore
// PLAIN-LABEL: func.func @rows
// PLAIN-NOT: mask
// PLAIN: vector.load {{.*}}, vector<3xf32>
// PLAIN: vector.store {{.*}}, vector<3xf32>
func.func @rows(%x: memref<4x11xf32, strided<[16, 1]>>, %y: memref<4x11xf32>) {
  linalg.exp ins(%x : memref<4x11xf32, strided<[16, 1]>>) outs(%y : memref<4x11xf32>)
  return
}
