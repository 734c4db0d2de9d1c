// Layer norm: the mean and the squares of a row in lanes, then the row with a scale and a shift of its own
// for each column.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s -DLANES=8
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=16 registers=32 has-masks=false" | FileCheck %s -DLANES=4

// CHECK-LABEL: func.func @layer_norm
// CHECK: vector.reduction <add>, {{.*}} : vector<[[LANES]]xf32> into f32
// CHECK: arith.mulf {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.reduction <add>, {{.*}} : vector<[[LANES]]xf32> into f32
// CHECK: math.rsqrt
// CHECK: arith.mulf {{.*}} : vector<[[LANES]]xf32>
// CHECK: vector.store {{.*}}, vector<[[LANES]]xf32>
// CHECK-NOT: linalg
#row = affine_map<(i, j) -> (i, j)>
#one = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
func.func @layer_norm(%x: memref<8x64xf32>, %m: memref<8xf32>, %v: memref<8xf32>, %g: memref<64xf32>,
                      %b: memref<64xf32>, %y: memref<8x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 64.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  linalg.fill ins(%zero : f32) outs(%m : memref<8xf32>)
  linalg.generic {indexing_maps = [#row, #one], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<8x64xf32>) outs(%m : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %n : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  }
  linalg.fill ins(%zero : f32) outs(%v : memref<8xf32>)
  linalg.generic {indexing_maps = [#row, #one, #one], iterator_types = ["parallel", "reduction"]}
    ins(%x, %m : memref<8x64xf32>, memref<8xf32>) outs(%v : memref<8xf32>) {
  ^bb0(%in: f32, %mean: f32, %out: f32):
    %0 = arith.subf %in, %mean : f32
    %1 = arith.mulf %0, %0 : f32
    %2 = arith.addf %out, %1 : f32
    linalg.yield %2 : f32
  }
  linalg.generic {indexing_maps = [#row, #one, #one, #column, #column, #row],
                  iterator_types = ["parallel", "parallel"]}
    ins(%x, %m, %v, %g, %b : memref<8x64xf32>, memref<8xf32>, memref<8xf32>, memref<64xf32>, memref<64xf32>)
    outs(%y : memref<8x64xf32>) {
  ^bb0(%in: f32, %mean: f32, %squares: f32, %scale: f32, %shift: f32, %out: f32):
    %0 = arith.divf %squares, %n : f32
    %1 = arith.addf %0, %epsilon : f32
    %2 = math.rsqrt %1 : f32
    %3 = arith.subf %in, %mean : f32
    %4 = arith.mulf %3, %2 : f32
    %5 = arith.mulf %4, %scale : f32
    %6 = arith.addf %5, %shift : f32
    linalg.yield %6 : f32
  }
  return
}
