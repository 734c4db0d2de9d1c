// Without an accelerator on the module there is nothing to tile for.
// RUN: optimus-opt %s --optimus-tile-and-fuse --verify-diagnostics

// expected-error @+1 {{no optimus.accelerator on the module: run --optimus-group before this pass}}
module {
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = []}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
