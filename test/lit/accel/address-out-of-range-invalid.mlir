// A buffer lies within the scratchpad of the module's accelerator; without one, its size is unknown.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

module attributes {optimus.accelerator = {scratchpad_bytes = 64}} {
  func.func @last_byte_is_63() {
    %b = "accel.alloc"() {bytes = 16, offset = 48} : () -> memref<16xf32, 1>
    return
  }
}
// -----
module attributes {optimus.accelerator = {scratchpad_bytes = 64}} {
  func.func @too_far() {
    // expected-error @+1 {{'accel.alloc' op bytes 49 to 65 are outside the scratchpad of 64}}
    %b = "accel.alloc"() {bytes = 16, offset = 49} : () -> memref<16xf32, 1>
    return
  }
}
// -----
func.func @negative() {
  // expected-error @+1 {{'accel.alloc' op begins at -1, before the scratchpad}}
  %b = "accel.alloc"() {bytes = 16, offset = -1} : () -> memref<16xf32, 1>
  return
}
// -----
func.func @size_unknown() {
  %b = "accel.alloc"() {bytes = 16, offset = 1048576} : () -> memref<16xf32, 1>
  return
}
