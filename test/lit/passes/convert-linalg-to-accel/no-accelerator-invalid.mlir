// Without an accelerator on the module the width of an element is unknown.
// RUN: optimus-opt %s --convert-linalg-to-accel --verify-diagnostics

// expected-error @+1 {{no optimus.accelerator on the module: run --optimus-group before this pass}}
module {
func.func @main() {
  return
}
}
