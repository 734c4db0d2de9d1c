// A load goes from DRAM to the scratchpad, a store back, a move stays there; a buffer is allocated there.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @load(%x: memref<16xf32>, %y: memref<16xf32>) {
  // expected-error @+1 {{'accel.load' op wants a scratchpad buffer (memory space 1), got memref<16xf32>}}
  "accel.load"(%x, %y) : (memref<16xf32>, memref<16xf32>) -> ()
  return
}
// -----
func.func @load_backwards(%x: memref<16xf32>) {
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  // expected-error @+1 {{'accel.load' op wants a buffer in DRAM (memory space 0), got memref<16xf32, 1>}}
  "accel.load"(%b, %x) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  return
}
// -----
func.func @store(%x: memref<16xf32>, %y: memref<16xf32>) {
  // expected-error @+1 {{'accel.store' op wants a scratchpad buffer (memory space 1), got memref<16xf32>}}
  "accel.store"(%x, %y) : (memref<16xf32>, memref<16xf32>) -> ()
  return
}
// -----
func.func @move(%x: memref<16xf32>) {
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  // expected-error @+1 {{'accel.move' op wants a scratchpad buffer (memory space 1), got memref<16xf32>}}
  "accel.move"(%b, %x) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  return
}
// -----
func.func @alloc() {
  // expected-error @+1 {{'accel.alloc' op wants a scratchpad buffer (memory space 1), got memref<16xf32>}}
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32>
  return
}
