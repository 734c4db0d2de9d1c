// The region of a launch or a compute makes one call, and nothing else.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @empty() {
  // expected-error @+1 {{'accel.launch' op wants one block with one func.call, then accel.end}}
  "accel.launch"() ({
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
// -----
func.func private @kernel_0()
func.func @two() {
  // expected-error @+1 {{'accel.compute' op wants one block with one func.call, then accel.end}}
  "accel.compute"() ({
    func.call @kernel_0() : () -> ()
    func.call @kernel_0() : () -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
