// A small constant power is a few products; any other goes through powf.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: ^bb0(%[[X:.*]]: f32, %[[N:.*]]: i64, %{{.*}}: f32):
// CHECK: %[[X2:.*]] = arith.mulf %[[X]], %[[X]] : f32
// CHECK-NEXT: %[[X3:.*]] = arith.mulf %[[X]], %[[X2]] : f32
// CHECK-NEXT: %[[INVERSE:.*]] = arith.divf %cst, %[[X3]] : f32
// CHECK-NEXT: %[[FLOAT:.*]] = arith.sitofp %[[N]] : i64 to f32
// CHECK-NEXT: math.powf %[[INVERSE]], %[[FLOAT]] : f32
// CHECK-NOT: fpowi
#same = affine_map<(i) -> (i)>
func.func @main(%x: tensor<8xf32>, %n: tensor<8xi64>) -> tensor<8xf32> {
  %minus3 = arith.constant -3 : i64
  %empty = tensor.empty() : tensor<8xf32>
  %0 = linalg.generic {indexing_maps = [#same, #same, #same], iterator_types = ["parallel"]} ins(%x, %n : tensor<8xf32>, tensor<8xi64>) outs(%empty : tensor<8xf32>) {
  ^bb0(%a: f32, %b: i64, %out: f32):
    %cubed = math.fpowi %a, %minus3 : f32, i64
    %y = math.fpowi %cubed, %b : f32, i64
    linalg.yield %y : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
