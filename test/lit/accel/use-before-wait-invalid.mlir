// What a transfer with a token moves is not touched before it has been waited for, also by a wait for a later one or in a later step.
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
  // expected-error @+1 {{'accel.load' op is under way when the program ends: wait for it}}
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  return
}
// -----
// While a buffer is stored, no other may take its place.
func.func @address_given_away(%x: memref<8xf32>, %y: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  %t = "accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> !accel.token
  %c = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  // expected-error @+1 {{'accel.load' op touches a buffer while an accel.store of it has not been waited for}}
  "accel.load"(%x, %c) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  "accel.wait"(%t) : (!accel.token) -> ()
  return
}
// -----
// Two copies that take turns: each step waits for what the one before it started.
func.func @in_turns(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %c = "accel.alloc"() {bytes = 8, offset = 8} : () -> memref<8xf32, 1>
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  %r:3 = scf.for %i = %c0 to %c9 step %c1 iter_args(%u = %t, %a = %b, %o = %c) -> (!accel.token, memref<8xf32, 1>, memref<8xf32, 1>) {
    "accel.wait"(%u) : (!accel.token) -> ()
    %v = "accel.load"(%x, %o) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
    "accel.compute"() ({
      func.call @kernel(%a) : (memref<8xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
    scf.yield %v, %o, %a : !accel.token, memref<8xf32, 1>, memref<8xf32, 1>
  }
  "accel.wait"(%r#0) : (!accel.token) -> ()
  return
}
func.func private @kernel(memref<8xf32, 1>)
// -----
func.func @waits_for_the_first_load_again(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %c = "accel.alloc"() {bytes = 8, offset = 8} : () -> memref<8xf32, 1>
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  %r:3 = scf.for %i = %c0 to %c9 step %c1 iter_args(%u = %t, %a = %b, %o = %c) -> (!accel.token, memref<8xf32, 1>, memref<8xf32, 1>) {
    "accel.wait"(%t) : (!accel.token) -> ()
    %v = "accel.load"(%x, %o) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
    // expected-error @+1 {{'accel.compute' op touches a buffer while an accel.load of it has not been waited for}}
    "accel.compute"() ({
      func.call @kernel(%a) : (memref<8xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
    scf.yield %v, %o, %a : !accel.token, memref<8xf32, 1>, memref<8xf32, 1>
  }
  "accel.wait"(%r#0) : (!accel.token) -> ()
  return
}
func.func private @kernel(memref<8xf32, 1>)
// -----
func.func @the_last_load_is_waited_for_too_late(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %c = "accel.alloc"() {bytes = 8, offset = 8} : () -> memref<8xf32, 1>
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  %r:3 = scf.for %i = %c0 to %c9 step %c1 iter_args(%u = %t, %a = %b, %o = %c) -> (!accel.token, memref<8xf32, 1>, memref<8xf32, 1>) {
    "accel.wait"(%u) : (!accel.token) -> ()
    %v = "accel.load"(%x, %o) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
    "accel.compute"() ({
      func.call @kernel(%a) : (memref<8xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
    scf.yield %v, %o, %a : !accel.token, memref<8xf32, 1>, memref<8xf32, 1>
  }
  // expected-error @+1 {{'accel.compute' op touches a buffer while an accel.load of it has not been waited for}}
  "accel.compute"() ({
    func.call @kernel(%r#1) : (memref<8xf32, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  "accel.wait"(%r#0) : (!accel.token) -> ()
  return
}
func.func private @kernel(memref<8xf32, 1>)
// -----
// A wait is for all that was started before, too: DMA works in order.
func.func @in_order(%x: memref<8xf32>, %y: memref<8xf32>) {
  %b = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %c = "accel.alloc"() {bytes = 8, offset = 8} : () -> memref<8xf32, 1>
  %t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  %u = "accel.load"(%x, %c) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token
  "accel.wait"(%u) : (!accel.token) -> ()
  "accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> ()
  return
}
