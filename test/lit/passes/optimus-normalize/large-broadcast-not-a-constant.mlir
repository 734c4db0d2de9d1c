// What is much larger than the constants it comes from is still computed.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: %[[VALUES:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: linalg.broadcast ins(%[[VALUES]] :
func.func @main() -> tensor<1024x1024x2xf32> {
  %values = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %empty = tensor.empty() : tensor<1024x1024x2xf32>
  %broadcast = linalg.broadcast ins(%values : tensor<2xf32>) outs(%empty : tensor<1024x1024x2xf32>) dimensions = [0, 1]
  return %broadcast : tensor<1024x1024x2xf32>
}
