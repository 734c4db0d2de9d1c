// A failed run leaves an existing output file as it was, and makes no new one.
// RUN: echo precious > %t
// RUN: not optimus-opt %s -o %t 2>&1 | FileCheck %s
// RUN: cat %t | FileCheck %s --check-prefix=KEPT
// RUN: rm -f %t.new
// RUN: not optimus-opt %s -o %t.new
// RUN: not ls %t.new

// CHECK: output-only-upon-success.mlir:[[# @LINE + 3]]:{{[0-9]+}}: error:
// KEPT: precious
func.func @no_value() -> i32 {
  return
}
