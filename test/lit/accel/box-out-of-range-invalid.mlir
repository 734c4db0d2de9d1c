// A box stays inside its buffer at every step of the loops around, in DRAM and in the scratchpad.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

#last = affine_map<(i, j) -> (4 * i + j)>

func.func @last_step_ends_at_16(%x: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %b = "accel.alloc"() {bytes = 1, offset = 0} : () -> memref<1xf32, 1>
  scf.for %i = %c0 to %c4 step %c1 {
    scf.for %j = %c0 to %c4 step %c1 {
      %at = affine.apply #last(%i, %j)
      %box = memref.subview %x[%at] [1] [1] : memref<16xf32> to memref<1xf32, strided<[1], offset: ?>>
      "accel.load"(%box, %b) : (memref<1xf32, strided<[1], offset: ?>>, memref<1xf32, 1>) -> ()
    }
  }
  return
}
// -----
#last = affine_map<(i, j) -> (4 * i + j + 1)>

func.func @last_step_ends_at_17(%x: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %b = "accel.alloc"() {bytes = 1, offset = 0} : () -> memref<1xf32, 1>
  scf.for %i = %c0 to %c4 step %c1 {
    scf.for %j = %c0 to %c4 step %c1 {
      %at = affine.apply #last(%i, %j)
      // expected-error @+1 {{'memref.subview' op reaches elements 1 to 16 of axis 0, which has 16}}
      %box = memref.subview %x[%at] [1] [1] : memref<16xf32> to memref<1xf32, strided<[1], offset: ?>>
      "accel.load"(%box, %b) : (memref<1xf32, strided<[1], offset: ?>>, memref<1xf32, 1>) -> ()
    }
  }
  return
}
// -----
// Every third step: 0, 3 and 6 are inside, with two elements each.
func.func @steps_of_three(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %b = "accel.alloc"() {bytes = 2, offset = 0} : () -> memref<2xf32, 1>
  scf.for %i = %c0 to %c8 step %c3 {
    %box = memref.subview %x[%i] [2] [1] : memref<8xf32> to memref<2xf32, strided<[1], offset: ?>>
    "accel.load"(%box, %b) : (memref<2xf32, strided<[1], offset: ?>>, memref<2xf32, 1>) -> ()
  }
  return
}
// -----
func.func @before_the_first(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  scf.for %i = %c0 to %c4 step %c1 {
    %at = affine.apply affine_map<(i) -> (i - 1)>(%i)
    // expected-error @+1 {{'memref.subview' op reaches elements -1 to 3 of axis 0, which has 8}}
    %part = memref.subview %b[%at] [2] [1] : memref<8xf32, 1> to memref<2xf32, strided<[1], offset: ?>, 1>
    %box = memref.subview %x[0] [2] [1] : memref<8xf32> to memref<2xf32, strided<[1]>>
    "accel.load"(%box, %part) : (memref<2xf32, strided<[1]>>, memref<2xf32, strided<[1], offset: ?>, 1>) -> ()
  }
  return
}
