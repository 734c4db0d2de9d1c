// A message that nobody expected fails the run, and so does one that does not come.
// RUN: not optimus-opt %s --split-input-file --verify-diagnostics 2>&1 | FileCheck %s

// CHECK: verify-diagnostics-invalid.mlir:[[# @LINE + 2]]:3: error: unexpected error: 'func.return' op has 0 operands
func.func @unexpected() -> i32 {
  return
}
// -----
// CHECK: verify-diagnostics-invalid.mlir:[[# @LINE + 1]]:1: error: expected error "never said" was not produced
// expected-error @+1 {{never said}}
func.func @nothing_wrong() { return }
