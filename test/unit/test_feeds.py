"""What kernels make of steady operands is made once, where the operand has become what it is."""

from __future__ import annotations

import re

import pytest

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.codegen.cpu import AVX512
from optimus_mlir.codegen.feeds import hoist_feeds
from optimus_mlir.codegen.made_of import made_of
from optimus_mlir.mlir import ir, new_context

KERNEL = """
func.func private @NAME(%x: memref<1x16x4x3xf32, 1>, %w: memref<64x16x3x3xf32, 1>, %y: memref<1x64x2x1xf32, 1>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<1x64x2x1xf32, 1>)
  linalg.conv_2d_nchw_fchw {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %w : memref<1x16x4x3xf32, 1>, memref<64x16x3x3xf32, 1>) outs(%y : memref<1x64x2x1xf32, 1>)
  return
}
"""
COMPUTE = """
"accel.compute"() ({
  func.call @NAME(%x, %w, %y) : (memref<1x16x4x3xf32, 1>, memref<64x16x3x3xf32, 1>, memref<1x64x2x1xf32, 1>) -> ()
  "accel.end"() : () -> ()
}) : () -> ()
"""
LOAD_WEIGHTS = (
    '"accel.load"(%weights, %w) : (memref<64x16x3x3xf32>, memref<64x16x3x3xf32, 1>) -> ()'
)
GROUP = """
func.func private @group_0(%image: memref<1x16x4x3xf32>, %weights: memref<64x16x3x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c99 = arith.constant 99 : index
  %x = "accel.alloc"() {bytes = 384, offset = 0} : () -> memref<1x16x4x3xf32, 1>
  %w = "accel.alloc"() {bytes = 18432, offset = 384} : () -> memref<64x16x3x3xf32, 1>
  %y = "accel.alloc"() {bytes = 256, offset = 18816} : () -> memref<1x64x2x1xf32, 1>
  LOAD_WEIGHTS
  scf.for %i = %c0 to %c99 step %c1 {
    "accel.load"(%image, %x) : (memref<1x16x4x3xf32>, memref<1x16x4x3xf32, 1>) -> ()
    BODY
  }
  return
}
"""


def hoisted(body: str, *kernels: str) -> str:
    """The group after feeds are hoisted: its instructions, in order."""
    group = GROUP.replace("LOAD_WEIGHTS", LOAD_WEIGHTS, 1).replace("BODY", body)
    names = "".join(KERNEL.replace("NAME", name) for name in kernels)
    with new_context(), ir.Location.unknown():
        accel.load()
        module = ir.Module.parse(group + names)
        hoist_feeds(module, AVX512)
        function = module.body.operations[0].operation
        text = function.get_asm(assume_verified=True)
        assert len(allocations_in(function, "memref.alloc")) == text.count("call @feed_")
    return " ".join(re.findall(r"accel\.load|scf\.for|@feed_\d|@kernel_\d", text))


def compute(name: str) -> str:
    return COMPUTE.replace("NAME", name)


def test_weights_are_packed_before_the_loop() -> None:
    assert hoisted(compute("kernel_0"), "kernel_0") == (
        "accel.load @feed_0 scf.for accel.load @kernel_0"
    )


def test_kernels_share_what_is_made_alike_from_the_same_operand() -> None:
    body = compute("kernel_0") + compute("kernel_1")
    assert hoisted(body, "kernel_0", "kernel_1") == (
        "accel.load @feed_0 scf.for accel.load @kernel_0 @kernel_1"
    )


@pytest.mark.parametrize("where", ["before", "after"])
def test_what_the_loop_writes_is_not_hoisted(where: str) -> None:
    parts = [LOAD_WEIGHTS, compute("kernel_0")]
    body = "\n".join(parts if where == "before" else parts[::-1])
    assert "feed" not in hoisted(body, "kernel_0")


def test_between_two_loops_the_operand_may_change() -> None:
    inner = f"scf.for %j = %c0 to %c99 step %c1 {{ {compute('kernel_0')} }}"
    assert hoisted(LOAD_WEIGHTS + inner, "kernel_0") == (
        "accel.load scf.for accel.load accel.load @feed_0 scf.for @kernel_0"
    )


def test_behind_a_loop_is_not_the_begin_of_its_body() -> None:
    """Each step leaves other weights to the next, and the last one to what follows the loop."""
    inner = f"scf.for %j = %c0 to %c99 step %c1 {{ {compute('kernel_0')} }}"
    behind = f"scf.for %k = %c0 to %c99 step %c1 {{ {compute('kernel_0')}"
    assert hoisted(f"{inner} {LOAD_WEIGHTS} }} {behind}", "kernel_0") == (
        "accel.load scf.for @feed_0 accel.load scf.for @kernel_0 accel.load "
        "@feed_0 scf.for @kernel_0"
    )


def test_what_a_loop_carries_may_be_written_under_another_name() -> None:
    kind = "memref<64x16x3x3xf32, 1>"
    turns = f"""
    %other = "accel.alloc"() {{bytes = 18432, offset = 19072}} : () -> {kind}
    %0:2 = scf.for %j = %c0 to %c99 step %c1 iter_args(%p = %w, %q = %other) -> ({kind}, {kind}) {{
      {LOAD_WEIGHTS.replace("%w)", "%p)")}
      scf.yield %q, %p : {kind}, {kind}
    }}
    """
    assert "feed" not in hoisted(compute("kernel_0") + turns, "kernel_0")


def test_what_a_loop_inside_the_kernel_makes_stays_there() -> None:
    kernel = """
    func.func private @kernel(%x: memref<4x6xf32, 1>, %y: memref<6xf32, 1>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c4 = arith.constant 4 : index
      %t = memref.alloc() : memref<6xf32>
      scf.for %i = %c0 to %c4 step %c1 {
        %row = memref.subview %x[%i, 0] [1, 6] [1, 1]
          : memref<4x6xf32, 1> to memref<6xf32, strided<[1], offset: ?>, 1>
        linalg.copy ins(%row : memref<6xf32, strided<[1], offset: ?>, 1>) outs(%t : memref<6xf32>)
        linalg.exp ins(%t : memref<6xf32>) outs(%y : memref<6xf32, 1>)
      }
      return
    }
    """
    with new_context(), ir.Location.unknown():
        module = ir.Module.parse(kernel)
        function = module.body.operations[0].operation
        [temporary] = allocations_in(function, "memref.alloc")
        assert made_of(function)(temporary.results[0]) is None
