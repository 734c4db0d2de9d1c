// The host hands over buffers in DRAM: it does not see the scratchpad.
// RUN: optimus-opt %s --verify-diagnostics

func.func private @group_0(memref<16xf32, 1>)
func.func @f() {
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  // expected-error @+1 {{'accel.launch' op wants a buffer in DRAM (memory space 0), got memref<16xf32, 1>}}
  "accel.launch"() ({
    func.call @group_0(%b) : (memref<16xf32, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
