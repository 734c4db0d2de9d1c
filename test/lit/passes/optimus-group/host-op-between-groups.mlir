// What no operator can be, here an insertion into another result, stays on the host; no group spans it.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s

// CHECK: linalg.matmul {optimus.group = 0 : i64
// CHECK: tensor.insert_slice
// CHECK: linalg.matmul {optimus.group = 1 : i64
func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  %top = tensor.extract_slice %y[0, 0] [2, 4] [1, 1] : tensor<4x4xf32> to tensor<2x4xf32>
  %top_twice = tensor.insert_slice %top into %y[2, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<4x4xf32>
  %z = linalg.matmul ins(%top_twice, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
