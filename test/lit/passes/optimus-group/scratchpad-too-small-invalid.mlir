// A scratchpad in which some operator cannot run is refused with the size that it takes.
// RUN: not optimus-opt %s --optimus-group="accelerator=generic set=scratchpad_bytes=5" 2>&1 | FileCheck %s

// CHECK: error: generic: a scratchpad of 5 bytes is too small for 1 of 1 operators; the largest, matmul0, needs at least 6 bytes: set scratchpad_bytes=6 or more
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
