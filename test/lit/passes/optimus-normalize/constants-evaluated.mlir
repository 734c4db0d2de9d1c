// Ops on constants are evaluated in the types of the program.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[ROOTS:.*]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK-DAG: %[[TRANSPOSED:.*]] = arith.constant dense<{{\[\[}}1, 3, 5], [2, 4, 6]]> : tensor<2x3xi32>
// CHECK-DAG: %[[SLICE:.*]] = arith.constant dense<{{\[\[}}3, 4]]> : tensor<1x2xi32>
// CHECK: return %[[ROOTS]], %[[TRANSPOSED]], %[[SLICE]]
#id = affine_map<(i) -> (i)>
func.func @main() -> (tensor<2xf32>, tensor<2x3xi32>, tensor<1x2xi32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f64
  %x = arith.constant dense<[2.0, 14.0]> : tensor<2xf32>
  %matrix = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi32>
  %empty = tensor.empty() : tensor<2xf32>
  %roots = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %offset = arith.truncf %two : f64 to f32
    %sum = arith.addf %in, %offset : f32
    %root = math.sqrt %sum : f32
    %positive = arith.cmpf one, %root, %zero : f32
    cf.assert %positive, "no division by zero"
    %inverse = arith.divf %one, %root : f32
    linalg.yield %inverse : f32
  } -> tensor<2xf32>
  %empty_matrix = tensor.empty() : tensor<2x3xi32>
  %transposed = linalg.transpose ins(%matrix : tensor<3x2xi32>) outs(%empty_matrix : tensor<2x3xi32>) permutation = [1, 0]
  %slice = tensor.extract_slice %matrix[1, 0] [1, 2] [1, 1] : tensor<3x2xi32> to tensor<1x2xi32>
  return %roots, %transposed, %slice : tensor<2xf32>, tensor<2x3xi32>, tensor<1x2xi32>
}
