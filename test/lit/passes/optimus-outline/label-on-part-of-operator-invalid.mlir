// All ops of one operator carry the same label: a relu cannot leave its convolution.
// RUN: optimus-opt %s --optimus-outline --verify-diagnostics

#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<10xf32>, %w: tensor<3xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d {optimus.group = 0} ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  // expected-error @+1 {{the ops of one operator carry different optimus.group labels}}
  %relu = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%y : tensor<8xf32>) {
  ^bb0(%a: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<8xf32>
  return %relu : tensor<8xf32>
}
