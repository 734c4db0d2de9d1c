// An unknown accelerator is refused with the names of those that there are.
// RUN: not optimus-opt %s --optimus-group="accelerator=eyeris" 2>&1 | FileCheck %s

// CHECK: error: unknown accelerator 'eyeris' (did you mean 'eyeriss'?): choose {{.*}}, eyeriss, {{.*}}, or give a .yaml file
func.func @main() {
  return
}
