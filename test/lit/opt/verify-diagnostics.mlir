// Expected messages are checked by place and text.
// RUN: optimus-opt %s --split-input-file --verify-diagnostics --transform-interpreter=entry-point=main

func.func @here() -> i32 {
  return // expected-error {{op has 0 operands}}
}
// -----
// expected-error @+1 {{expected '('}}
func.func @next
// -----
// expected-error-re @below {{custom op 'arith.{{[a-z]+}}' is unknown}}
func.func @below() { arith.nothing }
// -----
func.func @above() { "unknown.op"() : () -> () }
// expected-error @above {{unregistered dialect}}
// -----
module attributes {transform.with_named_sequence} {
  // expected-remark @below {{a function}}
  // expected-note @below {{see current operation}}
  func.func @remark() { return }
  transform.named_sequence @main(%module: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["func.func"]} in %module : (!transform.any_op) -> !transform.any_op
    transform.debug.emit_remark_at %0, "a function" : !transform.any_op
    transform.yield
  }
}
