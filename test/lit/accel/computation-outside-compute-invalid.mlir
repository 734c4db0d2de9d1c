// A program touches buffers by accel ops alone, neither in the scratchpad nor in DRAM by others.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @scratchpad(%x: memref<4xf32>, %zero: f32) {
  %b = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  // expected-error @+1 {{'linalg.fill' op only accel.compute may read and write buffers, and DMA may move them}}
  linalg.fill ins(%zero : f32) outs(%b : memref<4xf32, 1>)
  "accel.store"(%b, %x) : (memref<4xf32, 1>, memref<4xf32>) -> ()
  return
}
// -----
func.func @dram(%x: memref<4xf32>, %zero: f32) {
  %b = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  "accel.load"(%x, %b) : (memref<4xf32>, memref<4xf32, 1>) -> ()
  // expected-error @+1 {{'linalg.fill' op only accel.compute may read and write buffers}}
  linalg.fill ins(%zero : f32) outs(%x : memref<4xf32>)
  return
}
// -----
func.func @copy(%x: memref<4xf32>) {
  %b = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  // expected-error @+1 {{'memref.copy' op only accel.compute may read and write buffers}}
  memref.copy %x, %b : memref<4xf32> to memref<4xf32, 1>
  return
}
// -----
// Carried from step to step, nobody would know which argument a buffer in DRAM is.
func.func @carried(%x: memref<4xf32>, %low: index, %high: index, %step: index) {
  %b = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  // expected-error @+1 {{'scf.for' op only accel.compute may read and write buffers}}
  %c = scf.for %i = %low to %high step %step iter_args(%d = %x) -> (memref<4xf32>) {
    "accel.load"(%d, %b) : (memref<4xf32>, memref<4xf32, 1>) -> ()
    scf.yield %d : memref<4xf32>
  }
  return
}
// -----
// Of two steps, both would have their buffer at the same address.
func.func @passed_on(%x: memref<4xf32>, %low: index, %high: index, %step: index) {
  %b = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  %c = scf.for %i = %low to %high step %step iter_args(%d = %b) -> (memref<4xf32, 1>) {
    "accel.load"(%x, %d) : (memref<4xf32>, memref<4xf32, 1>) -> ()
    %e = "accel.alloc"() {bytes = 4, offset = 4} : () -> memref<4xf32, 1>
    // expected-error @+1 {{'scf.yield' op passes on a buffer of this step: allocate it before the loop}}
    scf.yield %e : memref<4xf32, 1>
  }
  return
}
// -----
func.func @memory_of_its_own() {
  %b = "accel.alloc"() {bytes = 4, offset = 0} : () -> memref<4xf32, 1>
  // expected-error @+1 {{'memref.alloc' op only accel.compute may read and write buffers}}
  %x = memref.alloc() : memref<4xf32>
  "accel.load"(%x, %b) : (memref<4xf32>, memref<4xf32, 1>) -> ()
  return
}
