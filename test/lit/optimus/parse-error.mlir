// A program that cannot be read gives one message with its place, exit code 1, and no traceback.
// RUN: not optimus run %s 2>&1 | FileCheck %s

// CHECK-NOT: Traceback
// CHECK: parse-error.mlir:[[# @LINE + 1]]:{{[0-9]+}}: error: expected '('
func.func @main
