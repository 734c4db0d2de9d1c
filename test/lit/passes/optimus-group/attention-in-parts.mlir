// Where a row of scores is large beside keys and values, an attention runs in parts of its keys, in one group.
// RUN: optimus-opt %s --optimus-normalize --optimus-group="accelerator=generic set=scratchpad_bytes=600" | FileCheck %s

// CHECK: optimus.splits = {{\[\[}}"matmul0", 1, [4, 4, 4,

// The first part of the keys.
// CHECK: %[[K0:.*]] = tensor.extract_slice %arg1[0, 0] [4, 4]
// CHECK: %[[S0:.*]] = linalg.generic {{.*}} ins(%arg0, %[[K0]] {{.*}}optimus.name = "matmul0.0"
// CHECK: %[[M0:.*]] = linalg.generic {{.*}} ins(%[[S0]] : {{.*}}optimus.name = "reduce1.0"
// CHECK: %[[E0:.*]] = linalg.generic {{.*}} ins(%[[S0]], %[[M0]] {{.*}}optimus.name = "generic2.0"
// CHECK: %[[L0:.*]] = linalg.generic {{.*}} ins(%[[E0]] {{.*}}optimus.name = "reduce3.0", optimus.partial_sums
// CHECK: %[[V0:.*]] = tensor.extract_slice %arg2[0, 0] [4, 4]
// CHECK: %[[O0:.*]] = linalg.generic {{.*}} ins(%[[E0]], %[[V0]] {{.*}}optimus.name = "matmul5.0", optimus.partial_sums

// The second goes on with the maximum, the total and the weighted values that the first has left.
// CHECK: %[[K1:.*]] = tensor.extract_slice %arg1[0, 4] [4, 4]
// CHECK: %[[S1:.*]] = linalg.generic {{.*}} ins(%arg0, %[[K1]]
// CHECK: %[[OWN:.*]] = linalg.generic {{.*}} ins(%[[S1]] :
// CHECK: %[[M1:.*]] = linalg.generic {{.*}} ins(%[[M0]] {{.*}} outs(%[[OWN]]
// CHECK: %[[E1:.*]] = linalg.generic {{.*}} ins(%[[S1]], %[[M1]]
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[E1]] :
// CHECK: %[[L1:.*]] = linalg.generic {{.*}} ins(%[[L0]], %[[M0]], %[[M1]] {{.*}} outs(%[[SUM]]
// CHECK: %[[V1:.*]] = tensor.extract_slice %arg2[4, 0] [4, 4]
// CHECK: %[[MORE:.*]] = linalg.generic {{.*}} ins(%[[E1]], %[[V1]]
// CHECK: %[[O1:.*]] = linalg.generic {{.*}} ins(%[[O0]], %[[M0]], %[[M1]] {{.*}} outs(%[[MORE]]

func.func @main(%q: tensor<96x4xf32>, %k: tensor<4x96xf32>, %v: tensor<96x4xf32>) -> tensor<96x4xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<96x96xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<96x96xf32>) -> tensor<96x96xf32>
  %scores = linalg.matmul ins(%q, %k : tensor<96x4xf32>, tensor<4x96xf32>) outs(%i : tensor<96x96xf32>) -> tensor<96x96xf32>
  %row = tensor.empty() : tensor<96xf32>
  %low = linalg.fill ins(%lowest : f32) outs(%row : tensor<96xf32>) -> tensor<96xf32>
  %max = linalg.reduce {arith.maximumf} ins(%scores : tensor<96x96xf32>) outs(%low : tensor<96xf32>) dimensions = [1]
  %exp = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%scores, %max : tensor<96x96xf32>, tensor<96xf32>) outs(%e : tensor<96x96xf32>) {
  ^bb0(%s: f32, %m: f32, %out: f32):
    %d = arith.subf %s, %m : f32
    %r = math.exp %d : f32
    linalg.yield %r : f32
  } -> tensor<96x96xf32>
  %none = linalg.fill ins(%zero : f32) outs(%row : tensor<96xf32>) -> tensor<96xf32>
  %sum = linalg.reduce {arith.addf} ins(%exp : tensor<96x96xf32>) outs(%none : tensor<96xf32>) dimensions = [1]
  %shares = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%exp, %sum : tensor<96x96xf32>, tensor<96xf32>) outs(%e : tensor<96x96xf32>) {
  ^bb0(%x: f32, %l: f32, %out: f32):
    %r = arith.divf %x, %l : f32
    linalg.yield %r : f32
  } -> tensor<96x96xf32>
  %eo = tensor.empty() : tensor<96x4xf32>
  %io = linalg.fill ins(%zero : f32) outs(%eo : tensor<96x4xf32>) -> tensor<96x4xf32>
  %o = linalg.matmul ins(%shares, %v : tensor<96x96xf32>, tensor<96x4xf32>) outs(%io : tensor<96x4xf32>) -> tensor<96x4xf32>
  return %o : tensor<96x4xf32>
}
