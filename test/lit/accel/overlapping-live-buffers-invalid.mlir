// Two buffers that are live at the same time do not overlap.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @both_until_stored(%x: memref<16xf32>) {
  %a = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  "accel.load"(%x, %a) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  // expected-error @+1 {{'accel.alloc' op overlaps the buffer at 0, live at the same time}}
  %b = "accel.alloc"() {bytes = 16, offset = 15} : () -> memref<16xf32, 1>
  "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  "accel.store"(%a, %x) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  return
}
// -----
func.func @used_through_a_view(%x: memref<16xf32>) {
  %a = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  %view = memref.subview %a[0] [8] [1] : memref<16xf32, 1> to memref<8xf32, strided<[1]>, 1>
  %half = memref.subview %x[0] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1]>>
  "accel.load"(%x, %a) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  // expected-error @+1 {{'accel.alloc' op overlaps the buffer at 0, live at the same time}}
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  "accel.store"(%view, %half) : (memref<8xf32, strided<[1]>, 1>, memref<8xf32, strided<[1]>>) -> ()
  return
}
// -----
// What a loop uses and what lives outside of it must survive all of its steps.
func.func @around_a_loop(%x: memref<16xf32>, %low: index, %high: index, %step: index) {
  %a = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  scf.for %i = %low to %high step %step {
    "accel.load"(%x, %a) : (memref<16xf32>, memref<16xf32, 1>) -> ()
    // expected-error @+1 {{'accel.alloc' op overlaps the buffer at 0, live at the same time}}
    %b = "accel.alloc"() {bytes = 16, offset = 8} : () -> memref<16xf32, 1>
    "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  }
  return
}
