// The accelerator is written on the module, with the fields that `set` changes.
// RUN: optimus-opt %s --optimus-group="accelerator=generic set=scratchpad_bytes=64KiB,element_bits=16" | FileCheck %s

// CHECK: module attributes {optimus.accelerator = {
// CHECK-SAME: element_bits = 16 : i64
// CHECK-SAME: name = "generic"
// CHECK-SAME: scratchpad_bytes = 65536 : i64
// CHECK-SAME: unrolled_columns = ["output-channels", "groups"]
func.func @main() {
  return
}
