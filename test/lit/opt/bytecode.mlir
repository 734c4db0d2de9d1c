// Bytecode is written on request, and read like text from a file or from stdin.
// RUN: optimus-opt %s --emit-bytecode -o %t.mlirbc
// RUN: optimus-opt %t.mlirbc | FileCheck %s
// RUN: cat %t.mlirbc | optimus-opt - | FileCheck %s

// CHECK: func.func @f
func.func @f() { return }
