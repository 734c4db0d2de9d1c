// An accelerator is a preset or a YAML file.
// RUN: optimus-opt %s --optimus-group="accelerator=%S/Inputs/tiny.yaml" | FileCheck %s

// CHECK: name = "tiny"
func.func @main() {
  return
}
