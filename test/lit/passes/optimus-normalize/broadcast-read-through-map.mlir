// An elementwise op reads what was broadcast from where it came.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK: #[[$COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<3x4xf32>, %[[ROW:[a-z0-9]*]]: tensor<4xf32>
// CHECK-NOT: linalg.broadcast
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$COLUMN]], {{.*}} ins(%[[X]], %[[ROW]] :
#id = affine_map<(m, n) -> (m, n)>
func.func @main(%x: tensor<3x4xf32>, %row: tensor<4xf32>) -> tensor<3x4xf32> {
  %empty = tensor.empty() : tensor<3x4xf32>
  %rows = linalg.broadcast ins(%row : tensor<4xf32>) outs(%empty : tensor<3x4xf32>) dimensions = [0]
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %rows : tensor<3x4xf32>, tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
