// A copy is between boxes of equal shape and element type.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @shape(%x: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  // expected-error @+1 {{'accel.load' op copies between boxes of different shape: memref<8xf32> and memref<16xf32, 1>}}
  "accel.load"(%x, %b) : (memref<8xf32>, memref<16xf32, 1>) -> ()
  return
}
// -----
func.func @element_type(%x: memref<16xi32>, %y: memref<16xf32>) {
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  "accel.load"(%y, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  // expected-error @+1 {{'accel.store' op copies between boxes of different shape: memref<16xf32, 1> and memref<16xi32>}}
  "accel.store"(%b, %x) : (memref<16xf32, 1>, memref<16xi32>) -> ()
  return
}
