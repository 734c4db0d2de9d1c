// A scan, an op of torch-mlir's own, is read from text, stays on the host, and gives the right result.
// RUN: optimus run %s --no-cache 2>&1 | FileCheck %s

// CHECK: scan-on-host.mlir:{{.*}} remark: tm_tensor.scan stays on the host, where it moves 20 B
// CHECK: predicted and counted: equal for every tensor
// CHECK: difference {{ *}} 0 {{.*}}from the plain lowering
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %y = tensor.empty() : tensor<4xf32>
  %e = tensor.empty() : tensor<f32>
  %a = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %r:2 = tm_tensor.scan dimension(0) inclusive(true) ins(%x : tensor<4xf32>) outs(%y, %a : tensor<4xf32>, tensor<f32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    tm_tensor.yield %s : f32
  } -> tensor<4xf32>, tensor<f32>
  %n = linalg.exp ins(%r#0 : tensor<4xf32>) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return %n : tensor<4xf32>
}
