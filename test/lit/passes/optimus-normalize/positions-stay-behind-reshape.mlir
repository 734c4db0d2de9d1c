// An op that looks at its position, and not in a small constant, keeps its loops: it reads through the reshape, and does not move before it.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[MATMUL:.*]] = linalg.matmul
// CHECK: linalg.generic {{.*}}ins(%[[MATMUL]] : tensor<1040x520xf32>) outs({{.*}} : tensor<2x520x520xf32>)
// CHECK: linalg.index
#id = affine_map<(i, j, k) -> (i, j, k)>
func.func @main(%x: tensor<1040x520xf32>, %w: tensor<520x520xf32>) -> tensor<2x520x520xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1040x520xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<1040x520xf32>) -> tensor<1040x520xf32>
  %matmul = linalg.matmul ins(%x, %w : tensor<1040x520xf32>, tensor<520x520xf32>) outs(%zeros : tensor<1040x520xf32>) -> tensor<1040x520xf32>
  %expanded = tensor.expand_shape %matmul [[0, 1], [2]] output_shape [2, 520, 520] : tensor<1040x520xf32> into tensor<2x520x520xf32>
  %empty3 = tensor.empty() : tensor<2x520x520xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x520x520xf32>) outs(%empty3 : tensor<2x520x520xf32>) {
  ^bb0(%a: f32, %out: f32):
    %j = linalg.index 1 : index
    %k = linalg.index 2 : index
    %jk = arith.muli %j, %k : index
    %number = arith.index_cast %jk : index to i32
    %float = arith.sitofp %number : i32 to f32
    %0 = arith.mulf %a, %float : f32
    linalg.yield %0 : f32
  } -> tensor<2x520x520xf32>
  return %y : tensor<2x520x520xf32>
}
