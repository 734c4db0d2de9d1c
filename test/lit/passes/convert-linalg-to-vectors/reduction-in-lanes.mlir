// Where only what is reduced lies in rows, each lane sums up its share.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @row_maxima
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: scf.for {{.*}} -> (vector<8xf32>
// CHECK: vector.reduction <maximumf>
// CHECK: memref.store
func.func @row_maxima(%x: memref<4x64xf32>, %y: memref<4xf32>) {
  linalg.reduce ins(%x : memref<4x64xf32>) outs(%y : memref<4xf32>) dimensions = [1]
    (%e: f32, %m: f32) { %n = arith.maximumf %e, %m : f32 linalg.yield %n : f32 }
  return
}
