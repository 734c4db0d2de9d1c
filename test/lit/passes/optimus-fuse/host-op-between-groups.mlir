// The host runs what the accelerator cannot, between two launches.
// RUN: optimus-opt %s --optimus-fuse="accelerator=generic" | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: "accel.launch"
// CHECK: optimus.operators = ["matmul0"]
// CHECK: memref.copy
// CHECK: "accel.launch"
// CHECK: optimus.operators = ["matmul1"]
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
