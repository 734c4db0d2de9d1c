// Nothing is fused across an op of the host that reads a result and makes an operand, even where the two are also linked directly.
// RUN: optimus-opt %s --optimus-outline --verify-diagnostics

#map = affine_map<(i, j) -> (i, j)>
func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul {optimus.group = 0} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %host = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel"]} outs(%empty : tensor<4x4xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %e = tensor.extract %y[%i, %i] : tensor<4x4xf32>
    linalg.yield %e : f32
  } -> tensor<4x4xf32>
  // expected-error @+1 {{the group reaches across an op that stays on the host, from matmul0 to matmul1}}
  %z = linalg.matmul {optimus.group = 0, optimus.schedule = {}} ins(%y, %host : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
