// What is printed can be read again: constants are shortened only if asked.
// RUN: optimus-opt %s | optimus-opt | FileCheck %s
// RUN: optimus-opt %s --mlir-elide-elementsattrs-if-larger=2 --mlir-elide-resource-strings-if-larger=2 | FileCheck %s --check-prefix=SHORT

// CHECK: dense<[1, 2, 3]>
// CHECK: blob: "0x04000000
// SHORT: dense_resource<__elided__>
// SHORT-NOT: 0x04000000
func.func @weights() -> (tensor<3xi8>, tensor<1xf32>) {
  %0 = arith.constant dense<[1, 2, 3]> : tensor<3xi8>
  %1 = arith.constant dense_resource<blob> : tensor<1xf32>
  return %0, %1 : tensor<3xi8>, tensor<1xf32>
}
{-# dialect_resources: { builtin: { blob: "0x040000000000803f" } } #-}
