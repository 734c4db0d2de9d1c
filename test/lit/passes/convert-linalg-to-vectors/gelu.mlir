// GELU: erf is a polynomial over vectors, no call of a library for each lane.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s -DLANES=8
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=16 registers=32 has-masks=false" | FileCheck %s -DLANES=4

// CHECK-LABEL: func.func @gelu
// CHECK-NOT: math.erf
// CHECK: math.fma {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.store {{.*}}, vector<[[LANES]]xf32>
// CHECK-NOT: {{linalg|math.erf}}
#row = affine_map<(i, j) -> (i, j)>
func.func @gelu(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %root = arith.constant 0.707106769 : f32
  linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel"]}
    ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %root : f32
    %1 = math.erf %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.mulf %2, %half : f32
    %4 = arith.mulf %in, %3 : f32
    linalg.yield %4 : f32
  }
  return
}
