// Only `=` gives a pass options: the file after a flag is the file.
// RUN: optimus-opt --canonicalize %s --cse | FileCheck %s

// CHECK: func.func @f
func.func @f() { return }
