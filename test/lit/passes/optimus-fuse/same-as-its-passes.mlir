// The flag is its passes in order, each with its options.
// RUN: optimus-opt %s --optimus-fuse="accelerator=generic set=scratchpad_bytes=40 solver=layer-by-layer" -o %t.fused
// RUN: optimus-opt %s --optimus-normalize --optimus-group="accelerator=generic set=scratchpad_bytes=40 solver=layer-by-layer" --optimus-outline --optimus-tile-and-fuse --convert-linalg-to-accel -o %t.steps
// RUN: diff %t.fused %t.steps

func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %z = linalg.matmul ins(%y, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %z : tensor<6x4xf32>
}
