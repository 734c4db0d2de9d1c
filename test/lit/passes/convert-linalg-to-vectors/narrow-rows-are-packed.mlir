// Rows of two columns are copied one after the other, three times: once for each column of the filter.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK: %[[COPY:.*]] = memref.alloca() {alignment = 64 : i64} : memref<16x3x14x2xf32>
// CHECK: %[[ROW:.*]] = memref.reinterpret_cast %[[COPY]]{{.*}} to memref<1344xf32
// CHECK: vector.store {{.*}}, %[[ROW]]
// CHECK: vector.load %{{.*}} : memref<1344xf32{{.*}}, vector<8xf32>
// CHECK: arith.mulf {{.*}} : vector<8xf32>
func.func @conv(%x: memref<1x16x14x4xf32>, %w: memref<6x16x3x3xf32>, %y: memref<1x6x12x2xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x6x12x2xf32>)
  linalg.conv_2d_nchw_fchw {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %w : memref<1x16x14x4xf32>, memref<6x16x3x3xf32>) outs(%y : memref<1x6x12x2xf32>)
  return
}
