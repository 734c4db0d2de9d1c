// An op that ignores what it starts from is no reader of it.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[MATMUL:.*]] = linalg.matmul
// CHECK: linalg.generic {indexing_maps = [#{{[a-z0-9]*}}], {{.*}} outs(%[[MATMUL]] :
// CHECK: math.exp
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %matmul = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<4x4xf32>) -> tensor<4x4xf32>
  %exp = linalg.exp ins(%matmul : tensor<4x4xf32>) outs(%matmul : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %exp : tensor<4x4xf32>
}
