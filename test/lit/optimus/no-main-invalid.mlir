// The network must be the function main.
// RUN: not optimus plan %s 2>&1 | FileCheck %s

// CHECK: optimus: error: no function @main
func.func @network(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
