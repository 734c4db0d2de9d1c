// The array reads and writes the scratchpad alone.
// RUN: optimus-opt %s --verify-diagnostics

func.func private @kernel_0(memref<16xf32>)
func.func @f(%x: memref<16xf32>) {
  // expected-error @+1 {{'accel.compute' op wants a scratchpad buffer (memory space 1), got memref<16xf32>}}
  "accel.compute"() ({
    func.call @kernel_0(%x) : (memref<16xf32>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
