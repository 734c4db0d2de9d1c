// Softmax: the largest of a row in lanes that are joined at the end, exp as a polynomial, the sum like the
// largest, and a division.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s -DLANES=8
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=16 registers=32 has-masks=false" | FileCheck %s -DLANES=4

// CHECK-LABEL: func.func @softmax
// CHECK: arith.maximumf {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.reduction <maximumf>, {{.*}} : vector<[[LANES]]xf32> into f32
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.reduction <add>, {{.*}} : vector<[[LANES]]xf32> into f32
// CHECK: arith.divf {{.*}} : vector<[[LANES]]xf32>
// CHECK-NOT: linalg
#row = affine_map<(i, j) -> (i, j)>
#one = affine_map<(i, j) -> (i)>
func.func @softmax(%x: memref<8x64xf32>, %m: memref<8xf32>, %s: memref<8xf32>, %y: memref<8x64xf32>) {
  %least = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%least : f32) outs(%m : memref<8xf32>)
  linalg.generic {indexing_maps = [#row, #one], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<8x64xf32>) outs(%m : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %max = arith.maximumf %in, %out : f32
    linalg.yield %max : f32
  }
  linalg.generic {indexing_maps = [#row, #one, #row], iterator_types = ["parallel", "parallel"]}
    ins(%x, %m : memref<8x64xf32>, memref<8xf32>) outs(%y : memref<8x64xf32>) {
  ^bb0(%in: f32, %max: f32, %out: f32):
    %d = arith.subf %in, %max : f32
    %e = math.exp %d : f32
    linalg.yield %e : f32
  }
  linalg.fill ins(%zero : f32) outs(%s : memref<8xf32>)
  linalg.generic {indexing_maps = [#row, #one], iterator_types = ["parallel", "reduction"]}
    ins(%y : memref<8x64xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [#one, #row], iterator_types = ["parallel", "parallel"]}
    ins(%s : memref<8xf32>) outs(%y : memref<8x64xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %q = arith.divf %out, %sum : f32
    linalg.yield %q : f32
  }
  return
}
