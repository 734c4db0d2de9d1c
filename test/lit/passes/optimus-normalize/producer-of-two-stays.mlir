// An elementwise op with two readers is computed once, and not in place of what others read.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[EXP:.*]] = linalg.generic {{.*}}ins(%{{.*}} : tensor<4xf32>)
// CHECK: math.exp
// CHECK: %[[NEGATED:.*]] = linalg.generic {{.*}}ins(%[[EXP]] : tensor<4xf32>)
// CHECK: arith.negf
// CHECK: return %[[EXP]], %[[NEGATED]]
#id = affine_map<(i) -> (i)>
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %empty = tensor.empty() : tensor<4xf32>
  %exp = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%empty : tensor<4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  %negated = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%exp : tensor<4xf32>) outs(%empty : tensor<4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  } -> tensor<4xf32>
  return %exp, %negated : tensor<4xf32>, tensor<4xf32>
}
