// As in MLIR's own tools, one dash does.
// RUN: optimus-opt -canonicalize %s -mlir-print-op-generic | FileCheck %s

// CHECK: "func.func"
// CHECK-NOT: arith.addi
func.func @add_zero(%a: i64) -> i64 {
  %zero = arith.constant 0 : i64
  %sum = arith.addi %a, %zero : i64
  return %sum : i64
}
