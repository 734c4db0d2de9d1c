// Partial sums that one group leaves for another are marked on the op, and on the argument.
// RUN: optimus-opt %s --optimus-outline | FileCheck %s

// CHECK: call @group_0(%arg0, %arg1, %{{.*}}optimus.operators = ["matmul.0"]
// CHECK: call @group_1(%arg0, %arg1, %{{.*}}optimus.operators = ["matmul.1"]
// CHECK: func.func private @group_0(
// CHECK: linalg.matmul {optimus.partial_sums}
// CHECK: func.func private @group_1(%{{[^:]*}}: tensor<2x4xf32>, %{{[^:]*}}: tensor<4x3xf32>, %{{[^:]*}}: tensor<2x3xf32> {optimus.partial_sums}, %{{[^:]*}}: tensor<2x3xf32>)
func.func @main(%a: tensor<2x4xf32>, %b: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3xf32>) -> tensor<2x3xf32>
  %a0 = tensor.extract_slice %a[0, 0] [2, 2] [1, 1] : tensor<2x4xf32> to tensor<2x2xf32>
  %b0 = tensor.extract_slice %b[0, 0] [2, 3] [1, 1] : tensor<4x3xf32> to tensor<2x3xf32>
  %sums = linalg.matmul {optimus.group = 0, optimus.name = "matmul.0", optimus.partial_sums, optimus.schedule = {blocks = [], keeps = [], tiles = []}} ins(%a0, %b0 : tensor<2x2xf32>, tensor<2x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  %a1 = tensor.extract_slice %a[0, 2] [2, 2] [1, 1] : tensor<2x4xf32> to tensor<2x2xf32>
  %b1 = tensor.extract_slice %b[2, 0] [2, 3] [1, 1] : tensor<4x3xf32> to tensor<2x3xf32>
  %part = linalg.matmul {optimus.group = 1, optimus.name = "matmul.1"} ins(%a1, %b1 : tensor<2x2xf32>, tensor<2x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  %total = linalg.generic {optimus.group = 1, optimus.schedule = {blocks = [], keeps = [], tiles = []}, indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%sums : tensor<2x3xf32>) outs(%part : tensor<2x3xf32>) {
  ^bb0(%s: f32, %p: f32):
    %t = arith.addf %p, %s : f32
    linalg.yield %t : f32
  } -> tensor<2x3xf32>
  return %total : tensor<2x3xf32>
}
