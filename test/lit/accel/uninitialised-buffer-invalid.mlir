// A buffer is written before it is read: by a transfer, or by a kernel that does not look at it first.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @store(%x: memref<16xf32>) {
  %b = "accel.alloc"() {bytes = 16, offset = 32} : () -> memref<16xf32, 1>
  // expected-error @+1 {{'accel.store' op reads the buffer at 32, which nothing has written}}
  "accel.store"(%b, %x) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  return
}
// -----
// The halo of the first step: only a later line of the loop fills the window.
func.func @move(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
  %low = memref.subview %b[0] [8] [1] : memref<16xf32, 1> to memref<8xf32, strided<[1]>, 1>
  %high = memref.subview %b[8] [8] [1] : memref<16xf32, 1> to memref<8xf32, strided<[1], offset: 8>, 1>
  scf.for %i = %c0 to %c4 step %c1 {
    // expected-error @+1 {{'accel.move' op reads the buffer at 0, which nothing has written}}
    "accel.move"(%high, %low) : (memref<8xf32, strided<[1], offset: 8>, 1>, memref<8xf32, strided<[1]>, 1>) -> ()
    "accel.load"(%x, %high) : (memref<8xf32>, memref<8xf32, strided<[1], offset: 8>, 1>) -> ()
  }
  return
}
// -----
func.func private @adds(%in: memref<4xf32, 1>, %out: memref<4xf32, 1>) {
  linalg.add ins(%in, %in : memref<4xf32, 1>, memref<4xf32, 1>) outs(%out : memref<4xf32, 1>)
  return
}
func.func @fills_its_result(%x: memref<4xf32>) {
  %a = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  %b = "accel.alloc"() {bytes = 4, offset = 4} : () -> memref<4xf32, 1>
  "accel.load"(%x, %a) : (memref<4xf32>, memref<4xf32, 1>) -> ()
  "accel.compute"() ({
    func.call @adds(%a, %b) : (memref<4xf32, 1>, memref<4xf32, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
func.func @reads_its_input(%x: memref<4xf32>) {
  %a = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  %b = "accel.alloc"() {bytes = 4, offset = 4} : () -> memref<4xf32, 1>
  // expected-error @+1 {{'accel.compute' op reads the buffer at 0, which nothing has written}}
  "accel.compute"() ({
    func.call @adds(%a, %b) : (memref<4xf32, 1>, memref<4xf32, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
// -----
func.func private @accumulates(%in: memref<4x4xf32, 1>, %out: memref<4x4xf32, 1>) {
  linalg.matmul ins(%in, %in : memref<4x4xf32, 1>, memref<4x4xf32, 1>) outs(%out : memref<4x4xf32, 1>)
  return
}
func.func @accumulates_into_nothing(%x: memref<4x4xf32>) {
  %a = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<4x4xf32, 1>
  %b = "accel.alloc"() {bytes = 16, offset = 16} : () -> memref<4x4xf32, 1>
  "accel.load"(%x, %a) : (memref<4x4xf32>, memref<4x4xf32, 1>) -> ()
  // expected-error @+1 {{'accel.compute' op reads the buffer at 16, which nothing has written}}
  "accel.compute"() ({
    func.call @accumulates(%a, %b) : (memref<4x4xf32, 1>, memref<4x4xf32, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
// -----
// Two arguments are parts of one buffer: the kernel writes the whole before it looks at a part.
func.func private @fills_and_accumulates(%in: memref<4x4xf32, 1>, %out: memref<4x4xf32, 1>, %part: memref<2x4xf32, strided<[4, 1]>, 1>, %rows: memref<2x4xf32, strided<[4, 1]>, 1>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%out : memref<4x4xf32, 1>)
  linalg.matmul ins(%rows, %in : memref<2x4xf32, strided<[4, 1]>, 1>, memref<4x4xf32, 1>) outs(%part : memref<2x4xf32, strided<[4, 1]>, 1>)
  return
}
func.func @accumulates_into_a_part(%x: memref<4x4xf32>) {
  %a = "accel.alloc"() {bytes = 64, offset = 0} : () -> memref<4x4xf32, 1>
  %b = "accel.alloc"() {bytes = 64, offset = 64} : () -> memref<4x4xf32, 1>
  %rows = memref.subview %a[0, 0] [2, 4] [1, 1] : memref<4x4xf32, 1> to memref<2x4xf32, strided<[4, 1]>, 1>
  %part = memref.subview %b[0, 0] [2, 4] [1, 1] : memref<4x4xf32, 1> to memref<2x4xf32, strided<[4, 1]>, 1>
  "accel.load"(%x, %a) : (memref<4x4xf32>, memref<4x4xf32, 1>) -> ()
  "accel.compute"() ({
    func.call @fills_and_accumulates(%a, %b, %part, %rows) : (memref<4x4xf32, 1>, memref<4x4xf32, 1>, memref<2x4xf32, strided<[4, 1]>, 1>, memref<2x4xf32, strided<[4, 1]>, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
