// A map that picks one row of a matrix reads a slice: a tile has only that row on chip.
// RUN: optimus-opt %s --optimus-normalize | filecheck %s
// RUN: optimus run %s --quiet

// CHECK: %[[ROW:.*]] = tensor.extract_slice %arg0[2, 0] [1, 6] [1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[ROW]] : tensor<1x6xf32>)
func.func @main(%x: tensor<4x6xf32>) -> tensor<6xf32> {
  %e = tensor.empty() : tensor<6xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (2, i)>, affine_map<(i) -> (i)>],
    iterator_types = ["parallel"]} ins(%x : tensor<4x6xf32>) outs(%e : tensor<6xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %a, %a : f32
    linalg.yield %r : f32
  } -> tensor<6xf32>
  return %y : tensor<6xf32>
}
