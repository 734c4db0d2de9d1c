// Programs of a split file are compiled one by one; places are those of the whole file.
// RUN: optimus-opt %s --split-input-file --allow-unregistered-dialect | FileCheck %s
// RUN: not optimus-opt %s --split-input-file 2>&1 | FileCheck %s --check-prefix=ERROR

// CHECK: func.func @f
// CHECK: // -----
// CHECK: func.func @f
func.func @f() { return }
// -----
func.func @f() {
  // ERROR: split-input-file.mlir:[[# @LINE + 1]]:{{[0-9]+}}: error: {{.*}}unregistered dialect
  "unknown.op"() : () -> ()
  return
}
