// The position of a maximum that nobody asks for is not computed.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NOT: linalg.index
// CHECK-NOT: i64
// CHECK: linalg.generic
// CHECK: arith.maximumf
#in = affine_map<(i, k) -> (i, k)>
#out = affine_map<(i, k) -> (i)>
func.func @main(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %least = arith.constant 0xFF800000 : f32
  %nowhere = arith.constant 0 : i64
  %empty = tensor.empty() : tensor<2xf32>
  %init = linalg.fill ins(%least : f32) outs(%empty : tensor<2xf32>) -> tensor<2xf32>
  %empty_at = tensor.empty() : tensor<2xi64>
  %init_at = linalg.fill ins(%nowhere : i64) outs(%empty_at : tensor<2xi64>) -> tensor<2xi64>
  %max:2 = linalg.generic {indexing_maps = [#in, #out, #out], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<2x3xf32>) outs(%init, %init_at : tensor<2xf32>, tensor<2xi64>) {
  ^bb0(%a: f32, %best: f32, %best_at: i64):
    %k = linalg.index 1 : index
    %here = arith.index_cast %k : index to i64
    %is_more = arith.cmpf ogt, %a, %best : f32
    %more = arith.maximumf %a, %best : f32
    %at = arith.select %is_more, %here, %best_at : i64
    linalg.yield %more, %at : f32, i64
  } -> (tensor<2xf32>, tensor<2xi64>)
  return %max#0 : tensor<2xf32>
}
