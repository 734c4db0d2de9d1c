// Nothing is fused across an op that stays on the host, even where it could be.
// RUN: optimus-opt %s --optimus-outline --verify-diagnostics

func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<8x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul {optimus.group = 0} ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %host = tensor.concat dim(0) %x, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  // expected-error @+1 {{the group reaches across an op that stays on the host, from matmul0 to matmul1}}
  %z = linalg.matmul {optimus.group = 0, optimus.schedule = {}} ins(%y, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z, %host : tensor<4x4xf32>, tensor<8x4xf32>
}
