// Each pass leaves a numbered file, with large constants elided.
// RUN: rm -rf %t
// RUN: optimus-opt %s --canonicalize --pass-pipeline='builtin.module(cse,func.func(sccp))' --dump-after-all %t -o %t.mlir
// RUN: ls %t | FileCheck %s --check-prefix=FILES
// RUN: FileCheck %s --input-file %t/02-cse.mlir

// FILES: 01-canonicalize.mlir
// FILES-NEXT: 02-cse.mlir
// FILES-NEXT: 03-func.func-sccp.mlir

// CHECK: dense_resource<__elided__>
func.func @weights() -> tensor<20xi8> {
  %0 = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]> : tensor<20xi8>
  return %0 : tensor<20xi8>
}
