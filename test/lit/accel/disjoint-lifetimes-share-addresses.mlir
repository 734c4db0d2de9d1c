// A buffer may lie where another one was that nothing touches any more.
// RUN: optimus-opt %s | FileCheck %s

// CHECK-COUNT-2: "accel.alloc"() {bytes = 16 : i64, offset = 0 : i64}
func.func @one_after_the_other(%x: memref<16xf32>) {
  %a = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  "accel.load"(%x, %a) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  "accel.store"(%a, %x) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  "accel.store"(%b, %x) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  return
}
