// A pipeline takes its place among the flags, and its builtin.module(...) does not nest it away.
// RUN: optimus-opt %s --linalg-generalize-named-ops --pass-pipeline='builtin.module(func.func(linalg-specialize-generic-ops),canonicalize{max-iterations=3})' | FileCheck %s
// RUN: optimus-opt %s --pass-pipeline 'linalg-specialize-generic-ops,canonicalize' | FileCheck %s

// CHECK: linalg.copy
// CHECK-NEXT: return
func.func @copy(%from: tensor<4xf32>, %to: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.copy ins(%from : tensor<4xf32>) outs(%to : tensor<4xf32>) -> tensor<4xf32>
  %dead = linalg.copy ins(%0 : tensor<4xf32>) outs(%to : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
