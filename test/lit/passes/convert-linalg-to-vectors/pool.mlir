// A pool with stride 1 is a reduction like any other, with a maximum for its sum.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s -DLANES=8
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=16 registers=32 has-masks=false" | FileCheck %s -DLANES=4

// CHECK-LABEL: func.func @pool
// CHECK: vector.load {{.*}}, vector<[[LANES]]xf32>
// CHECK: arith.maximumf {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.store {{.*}}, vector<[[LANES]]xf32>
// CHECK-NOT: linalg
func.func @pool(%x: memref<1x4x10x18xf32>, %window: memref<3x3xf32>, %y: memref<1x4x8x16xf32>) {
  %least = arith.constant 0xFF800000 : f32
  linalg.fill ins(%least : f32) outs(%y : memref<1x4x8x16xf32>)
  linalg.pooling_nchw_max {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %window : memref<1x4x10x18xf32>, memref<3x3xf32>) outs(%y : memref<1x4x8x16xf32>)
  return
}
