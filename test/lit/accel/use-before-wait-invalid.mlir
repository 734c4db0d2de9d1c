// What a transfer with a token moves is not touched before the wait for it; each token is waited for once, in its block.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics

func.func @stored_before_it_is_there(%x: memref<8xf32>, %y: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  // expected-error @+1 {{'accel.store' op touches a buffer while an accel.load of it has not been waited for}}
  "accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> ()
  "accel.wait"(%t) : (!accel.token) -> ()
  return
}
// -----
func.func @used_in_a_loop(%x: memref<8xf32>, %low: index, %high: index, %step: index) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  scf.for %i = %low to %high step %step {
    // expected-error @+1 {{'accel.compute' op touches a buffer while an accel.load of it has not been waited for}}
    "accel.compute"() ({
      func.call @kernel(%b) : (memref<8xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
  }
  "accel.wait"(%t) : (!accel.token) -> ()
  return
}
func.func private @kernel(memref<8xf32, 1>)
// -----
func.func @overwritten_while_it_is_stored(%x: memref<8xf32>, %y: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  %t = "accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> !accel.token
  // expected-error @+1 {{'accel.load' op touches a buffer while an accel.store of it has not been waited for}}
  "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  "accel.wait"(%t) : (!accel.token) -> ()
  return
}
// -----
func.func @never_waited_for(%x: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  // expected-error @+1 {{'accel.load' op wants one accel.wait for its token, in the same block}}
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  return
}
// -----
// While a buffer is stored, it is live: no other may take its place.
func.func @address_given_away(%x: memref<8xf32>, %y: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  %t = "accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> !accel.token
  // expected-error @+1 {{'accel.alloc' op overlaps the buffer at 0, live at the same time}}
  %c = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  "accel.load"(%x, %c) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  "accel.wait"(%t) : (!accel.token) -> ()
  return
}
