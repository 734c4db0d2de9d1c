// A buffer has room for its elements in the accelerator's width, whatever type the program gives them.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

module attributes {optimus.accelerator = {scratchpad_bytes = 64, element_bits = 16}} {
  func.func @exact(%x: memref<16xf32>) {
    %b = "accel.alloc"() {bytes = 32, offset = 0} : () -> memref<16xf32, 1>
    return
  }
}
// -----
module attributes {optimus.accelerator = {scratchpad_bytes = 64, element_bits = 16}} {
  func.func @one_byte_less(%x: memref<16xf32>) {
    // expected-error @+1 {{'accel.alloc' op has 31 bytes for 256 bits of elements}}
    %b = "accel.alloc"() {bytes = 31, offset = 0} : () -> memref<16xf32, 1>
    return
  }
}
