// An op that stays on the host runs where it separates nothing, if it can; the user hears why it stays.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s
// RUN: optimus-opt %s --optimus-group="accelerator=generic" --verify-diagnostics

// CHECK: linalg.matmul {optimus.group = 0 : i64
// CHECK: tensor.extract
// CHECK: linalg.matmul {optimus.group = 0 : i64
#map = affine_map<(i, j) -> (i, j)>
func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>, %t: tensor<9xf32>, %i: tensor<4x4xi64>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  // expected-remark@+1 {{linalg.generic stays on the host, where it moves 41 B: it gathers: its body picks elements of a tensor, and no access map says which}}
  %h = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%i : tensor<4x4xi64>) outs(%empty : tensor<4x4xf32>) {
  ^bb0(%in: i64, %out: f32):
    %at = arith.index_cast %in : i64 to index
    %e = tensor.extract %t[%at] : tensor<9xf32>
    linalg.yield %e : f32
  } -> tensor<4x4xf32>
  %z = linalg.matmul ins(%y, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%h : tensor<4x4xf32>) outs(%z : tensor<4x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}
