// The rows of a filter stand side by side: results of 4 rows read 6 rows of the input, not 12.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK: scf.for
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-6: vector.load
// CHECK-NOT: vector.load
// CHECK: scf.yield
func.func @conv(%x: memref<1x16x6x10xf32>, %w: memref<1x16x3x3xf32>, %y: memref<1x1x4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x1x4x8xf32>)
  linalg.conv_2d_nchw_fchw {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %w : memref<1x16x6x10xf32>, memref<1x16x3x3xf32>) outs(%y : memref<1x1x4x8xf32>)
  return
}
