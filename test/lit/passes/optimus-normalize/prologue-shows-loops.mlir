// An elementwise op stays apart from a reduction that it alone tells how long its loops are.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK: linalg.generic {{.*}}"parallel", "parallel", "parallel"]
// CHECK: linalg.generic {{.*}}"parallel", "reduction", "parallel"]
func.func @main(%x: tensor<1x6xf32>) -> tensor<1x6xf32> {
  %lowest = arith.constant 0xFF800000 : f32
  %expanded = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 1, 6] : tensor<1x6xf32> into tensor<1x1x6xf32>
  %empty3 = tensor.empty() : tensor<1x1x6xf32>
  %twice = linalg.add ins(%expanded, %expanded : tensor<1x1x6xf32>, tensor<1x1x6xf32>) outs(%empty3 : tensor<1x1x6xf32>) -> tensor<1x1x6xf32>
  %empty = tensor.empty() : tensor<1x6xf32>
  %init = linalg.fill ins(%lowest : f32) outs(%empty : tensor<1x6xf32>) -> tensor<1x6xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (n, c, w)>, affine_map<(n, c, w) -> (n, w)>], iterator_types = ["parallel", "reduction", "parallel"]} ins(%twice : tensor<1x1x6xf32>) outs(%init : tensor<1x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %out, %in : f32
    linalg.yield %m : f32
  } -> tensor<1x6xf32>
  return %y : tensor<1x6xf32>
}
