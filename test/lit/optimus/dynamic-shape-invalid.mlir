// A dynamic dimension is named with its place and the cure, before anything runs.
// RUN: not optimus plan %s 2>&1 | FileCheck %s
// RUN: not optimus run %s 2>&1 | FileCheck %s

// CHECK: dynamic-shape-invalid.mlir:[[# @LINE + 1]]:1: error: dynamic dimension in tensor<?x4xf32>: {{.*}}static
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}
