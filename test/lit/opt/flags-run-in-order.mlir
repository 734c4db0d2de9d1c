// Passes run in the order of their flags: the last of two opposite passes wins.
// RUN: optimus-opt %s --linalg-generalize-named-ops --linalg-specialize-generic-ops | FileCheck %s --check-prefix=NAMED
// RUN: optimus-opt %s --linalg-specialize-generic-ops --linalg-generalize-named-ops | FileCheck %s --check-prefix=GENERIC

// NAMED: linalg.copy
// GENERIC: linalg.generic
func.func @copy(%from: tensor<4xf32>, %to: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.copy ins(%from : tensor<4xf32>) outs(%to : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
