// The program comes from stdin if no file, or -, is named; messages then say so.
// RUN: cat %s | optimus-opt | FileCheck %s
// RUN: cat %s | optimus-opt - --cse | FileCheck %s
// RUN: echo 'module {' | not optimus-opt 2>&1 | FileCheck %s --check-prefix=ERROR

// CHECK: func.func @f
// ERROR: <stdin>:{{[0-9]+:[0-9]+}}: error:
func.func @f() { return }
