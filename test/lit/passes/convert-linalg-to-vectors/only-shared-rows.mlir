// A reduction that stands side by side altogether has no loop left, and starts from its fill all the same.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK: %[[Y:.*]] = memref.reinterpret_cast %arg2
// CHECK-NOT: vector.load %[[Y]]
// CHECK-NOT: scf.for
// CHECK: vector.store %{{.*}}, %[[Y]]
func.func @conv(%x: memref<1x1x6x8xf32, strided<[60, 60, 10, 1]>>, %w: memref<1x1x3x1xf32>, %y: memref<1x1x4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x1x4x8xf32>)
  linalg.conv_2d_nchw_fchw {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %w : memref<1x1x6x8xf32, strided<[60, 60, 10, 1]>>, memref<1x1x3x1xf32>) outs(%y : memref<1x1x4x8xf32>)
  return
}
