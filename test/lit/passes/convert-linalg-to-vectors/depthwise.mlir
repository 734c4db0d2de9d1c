// Each channel by itself: rows of its results in vectors, on AVX2 and on NEON.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s -DLANES=8
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=16 registers=32 has-masks=false" | FileCheck %s -DLANES=4

// CHECK-LABEL: func.func @depthwise
// CHECK: vector.load {{.*}}, vector<[[LANES]]xf32>
// CHECK: arith.mulf {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.store {{.*}}, vector<[[LANES]]xf32>
// CHECK-NOT: linalg
func.func @depthwise(%x: memref<1x6x10x18xf32>, %w: memref<6x3x3xf32>, %y: memref<1x6x8x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x6x8x16xf32>)
  linalg.depthwise_conv_2d_nchw_chw {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %w : memref<1x6x10x18xf32>, memref<6x3x3xf32>) outs(%y : memref<1x6x8x16xf32>)
  return
}
