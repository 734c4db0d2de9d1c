"""The NumPy interpreter of the accel dialect: the same answers as the JIT and the plain lowering."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from optimus_mlir.analysis import annotations
from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.inputs import random_inputs
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.interpreter import Event, interpret, observe
from optimus_mlir.target import load_accelerator

CONV_POOL = """
func.func @main(%x: tensor<1x3x9x8x{t}>, %w: tensor<4x3x3x3x{t}>) -> tensor<1x4x4x4x{t}> {{
  %zero = arith.constant {zero} : {t}
  %low = arith.constant {low} : {t}
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 0, 1] {{
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : {t}
  }} : tensor<1x3x9x8x{t}> to tensor<1x3x10x10x{t}>
  %e = tensor.empty() : tensor<1x4x8x8x{t}>
  %i = linalg.fill ins(%zero : {t}) outs(%e : tensor<1x4x8x8x{t}>) -> tensor<1x4x8x8x{t}>
  %y = linalg.conv_2d_nchw_fchw ins(%padded, %w : tensor<1x3x10x10x{t}>, tensor<4x3x3x3x{t}>)
    outs(%i : tensor<1x4x8x8x{t}>) -> tensor<1x4x8x8x{t}>
  %k = tensor.empty() : tensor<2x2x{t}>
  %pe = tensor.empty() : tensor<1x4x4x4x{t}>
  %pi = linalg.fill ins(%low : {t}) outs(%pe : tensor<1x4x4x4x{t}>) -> tensor<1x4x4x4x{t}>
  %p = linalg.pooling_nchw_max {{strides = dense<2> : vector<2xi64>}}
    ins(%y, %k : tensor<1x4x8x8x{t}>, tensor<2x2x{t}>)
    outs(%pi : tensor<1x4x4x4x{t}>) -> tensor<1x4x4x4x{t}>
  return %p : tensor<1x4x4x4x{t}>
}}
"""
TYPES = {
    "f32": ("0.0", "0xFF800000"),
    "f16": ("0.0", "0xFC00"),
    "i32": ("0", "-2147483648"),
    "i8": ("0", "-128"),
}


def compiled(text: str, accelerator: str = "generic", **fields: int) -> ir.Module:
    module = ir.Module.parse(text, new_context())
    changes = ",".join(f"{name}={value}" for name, value in fields.items())
    run_passes(module, [FusePass(accelerator=accelerator, set=changes)])
    return module


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("scratchpad_bytes", [700, 100_000])
def test_agrees_with_the_jit(kind: str, scratchpad_bytes: int) -> None:
    zero, low = TYPES[kind]
    text = CONV_POOL.format(t=kind, zero=zero, low=low)
    main = ir.Module.parse(text, new_context()).body.operations[0]
    inputs = random_inputs(main)
    module = compiled(text, scratchpad_bytes=scratchpad_bytes)
    mine, jit = interpret(module, inputs), emulate(module, inputs)
    if kind == "f32":  # vectors add up in another order; f16 sums are rounded to the same value
        np.testing.assert_allclose(mine.outputs[0], jit.outputs[0], rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(mine.outputs[0], jit.outputs[0])
    assert mine.groups == jit.groups
    assert mine.groups[0].scratchpad_bytes <= scratchpad_bytes


QUANTISED = """
func.func @main(%x: tensor<6x8xi8>, %w: tensor<8x5xi8>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<6x5xi32>
  %i = linalg.fill ins(%zero : i32) outs(%e : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi8>, tensor<8x5xi8>)
    outs(%i : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
"""


def test_integers_accumulate_in_wider_ones() -> None:
    random = np.random.default_rng(0)
    x, w = (random.integers(-128, 128, s, dtype=np.int8) for s in ((6, 8), (8, 5)))
    module = compiled(QUANTISED, scratchpad_bytes=60)
    mine, jit = interpret(module, [x, w]), emulate(module, [x, w])
    np.testing.assert_array_equal(mine.outputs[0], x.astype(np.int32) @ w.astype(np.int32))
    np.testing.assert_array_equal(mine.outputs[0], jit.outputs[0])
    assert mine.groups == jit.groups


def test_bfloat16_is_rounded_after_each_op() -> None:
    text = CONV_POOL.format(t="bf16", zero="0.0", low="0xFF80")
    random = np.random.default_rng(0)
    x = random.integers(-4, 5, (1, 3, 9, 8)).astype(ml_dtypes.bfloat16)
    w = random.integers(-4, 5, (4, 3, 3, 3)).astype(ml_dtypes.bfloat16)
    (found,) = interpret(compiled(text), [x, w]).outputs
    text = CONV_POOL.format(t="f32", zero="0.0", low="0xFF800000")
    (exact,) = interpret(compiled(text), [x.astype("f4"), w.astype("f4")]).outputs
    assert found.dtype == ml_dtypes.bfloat16
    np.testing.assert_allclose(found.astype("f4"), exact, rtol=2**-6, atol=1)


def test_observer_sees_what_is_counted() -> None:
    module = compiled(CONV_POOL.format(t="f32", zero="0.0", low="0xFF800000"), scratchpad_bytes=900)
    events: list[Event] = []
    observe(module, events.append)
    shapes = [(1, 3, 9, 8), (4, 3, 3, 3)]
    execution = interpret(module, [np.ones(shape, np.float32) for shape in shapes])
    for launch, count in enumerate(execution.groups):
        mine = [event for event in events if event.launch == launch]
        assert sum(e.bytes for e in mine if e.kind == "load") == sum(count.dram_read_bytes)
        assert sum(e.bytes for e in mine if e.kind == "store") == sum(count.dram_write_bytes)
        ends = [e.offset + e.bytes for e in mine if e.kind == "alloc"]
        assert max(ends) == count.scratchpad_bytes


def test_observer_computes_nothing() -> None:
    module = program(BUFFER + LOAD + COMPUTE + STORE, kernel="%p = math.ctpop %c : i32")
    events: list[Event] = []
    observe(module, events.append)
    assert [e.kind for e in events] == ["launch", "alloc", "load", "compute", "store"]
    with pytest.raises(OptimusError, match=r"no meaning for math\.ctpop"):
        interpret(module, [INPUT])


# The rules of the dialect --------------------------------------------------------------------------

PROGRAM = """
func.func @main(%x: memref<8xf32>, %y: memref<8xf32>) {{
  "accel.launch"() ({{
    func.call @group_0(%x, %y) : (memref<8xf32>, memref<8xf32>) -> ()
    "accel.end"() : () -> ()
  }}) {{optimus.group = 0 : i64}} : () -> ()
  return
}}
func.func private @group_0(%x: memref<8xf32>, %y: memref<8xf32>) {{
  {body}
  return
}}
func.func private @kernel_0(%b: memref<8xf32, 1>) {{
  %c = arith.constant 1 : i32
  {kernel}
  return
}}
"""


def program(body: str, scratchpad_bytes: int = 64, kernel: str = "") -> ir.Module:
    module = ir.Module.parse(PROGRAM.format(body=body, kernel=kernel), new_context())
    accelerator = load_accelerator("generic").model_copy(
        update={"scratchpad_bytes": scratchpad_bytes, "element_bits": 32}
    )
    with module.context:
        annotations.write_accelerator(module.operation, accelerator)
    return module


BUFFER = '%b = "accel.alloc"() {bytes = 32, offset = 16} : () -> memref<8xf32, 1>\n'
LOAD = '"accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> ()\n'
COMPUTE = """"accel.compute"() ({
    func.call @kernel_0(%b) : (memref<8xf32, 1>) -> ()
    "accel.end"() : () -> ()
}) : () -> ()
"""
STORE = '"accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> ()\n'
INPUT = np.arange(8, dtype=np.float32)


def test_a_program_counts_by_argument() -> None:
    execution = interpret(program(BUFFER + LOAD + LOAD + STORE), [INPUT])
    np.testing.assert_array_equal(execution.outputs[0], INPUT)
    (count,) = execution.groups
    assert (count.dram_read_bytes, count.dram_write_bytes) == ((64,), (32,))
    assert count.scratchpad_bytes == 48


START = '%t = "accel.load"(%x, %b) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token\n'
OUT = '%u = "accel.store"(%b, %y) : (memref<8xf32, 1>, memref<8xf32>) -> !accel.token\n'
WAIT = '"accel.wait"(%t) : (!accel.token) -> ()\n'
WAIT_OUT = '"accel.wait"(%u) : (!accel.token) -> ()\n'


def test_what_was_started_is_there_after_the_wait() -> None:
    execution = interpret(program(BUFFER + START + WAIT + OUT + WAIT_OUT), [INPUT])
    np.testing.assert_array_equal(execution.outputs[0], INPUT)
    (count,) = execution.groups
    assert (count.dram_read_bytes, count.dram_write_bytes) == ((32,), (32,))


def test_what_was_started_is_not_there_before_the_wait() -> None:
    late = moved_to_end(program(BUFFER + START + WAIT + STORE), "accel.wait")
    assert np.isnan(interpret(late, [INPUT]).outputs[0]).all()


def test_a_store_takes_what_is_there_at_its_wait() -> None:
    other = '%c = "accel.alloc"() {bytes = 32, offset = 16} : () -> memref<8xf32, 1>\n'
    spoiling = '"accel.load"(%y, %c) : (memref<8xf32>, memref<8xf32, 1>) -> ()\n'
    body = BUFFER + LOAD + OUT + WAIT_OUT + other + spoiling
    late = moved_to_end(program(body), "accel.wait")
    assert np.isnan(interpret(late, [INPUT]).outputs[0]).all()


def test_a_wait_is_for_all_that_was_started_before() -> None:
    other = '%c = "accel.alloc"() {bytes = 32, offset = 48} : () -> memref<8xf32, 1>\n'
    later = '%v = "accel.load"(%x, %c) : (memref<8xf32>, memref<8xf32, 1>) -> !accel.token\n'
    body = BUFFER + other + START + later + WAIT.replace("%t", "%v") + STORE
    execution = interpret(program(body, scratchpad_bytes=80), [INPUT])
    np.testing.assert_array_equal(execution.outputs[0], INPUT)


def test_a_program_waits_before_it_ends() -> None:
    module = program(BUFFER + LOAD + OUT + WAIT_OUT)
    moved_to_end(module, "accel.wait").body.operations[1].body.blocks[0].operations[-2].erase()
    with pytest.raises(OptimusError, match="ends with 1 transfers under way"):
        interpret(module, [INPUT])


def moved_to_end(module: ir.Module, name: str) -> ir.Module:
    """With the op that has this name last in its program: the verifier would refuse it."""
    block = module.body.operations[1].body.blocks[0]
    (op,) = [o for o in block.operations if o.operation.name == name]
    op.operation.move_before(block.operations[len(block.operations) - 1].operation)
    return module


def test_the_scratchpad_begins_with_nothing() -> None:
    half = "memref<4xf32, strided<[1]>{}>"
    views = f"%h = memref.subview %b[0] [4] [1] : memref<8xf32, 1> to {half.format(', 1')}\n"
    views += f"%g = memref.subview %x[0] [4] [1] : memref<8xf32> to {half.format('')}\n"
    load = f'"accel.load"(%g, %h) : ({half.format("")}, {half.format(", 1")}) -> ()\n'
    (found,) = interpret(program(BUFFER + views + load + STORE), [INPUT]).outputs
    np.testing.assert_array_equal(found[:4], INPUT[:4])
    assert np.isnan(found[4:]).all()


def test_a_move_is_as_if_through_a_temporary() -> None:
    view = "%{n} = memref.subview %b[{at}] [6] [1] : memref<8xf32, 1> to {t}\n"
    low, high = "memref<6xf32, strided<[1]>, 1>", "memref<6xf32, strided<[1], offset: 2>, 1>"
    views = view.format(n="low", at=0, t=low) + view.format(n="high", at=2, t=high)
    up = f'"accel.move"(%low, %high) : ({low}, {high}) -> ()\n'
    (found,) = interpret(program(BUFFER + LOAD + views + up + STORE), [INPUT]).outputs
    np.testing.assert_array_equal(found, [0, 1, 0, 1, 2, 3, 4, 5])


def test_buffers_are_bytes_of_one_scratchpad() -> None:
    other = '%c = "accel.alloc"() {bytes = 32, offset = 48} : () -> memref<8xf32, 1>\n'
    clash = '"accel.load"(%y, %c) : (memref<8xf32>, memref<8xf32, 1>) -> ()\n'
    module = program(BUFFER + LOAD + other + clash + STORE, scratchpad_bytes=80)
    module.body.operations[1].body.blocks[0].operations[2].attributes["offset"] = (
        ir.IntegerAttr.get(ir.IntegerType.get_signless(64, module.context), 32)
    )  # the verifier would refuse it
    (found,) = interpret(module, [INPUT]).outputs
    np.testing.assert_array_equal(found[:4], INPUT[:4])
    assert np.isnan(found[4:]).all()  # what was in the result before


def test_a_buffer_outside_of_the_scratchpad_is_refused() -> None:
    module = program(BUFFER + LOAD + STORE)
    with module.context:
        fields = {"scratchpad_bytes": 47, "element_bits": 32}
        tiny = load_accelerator("generic").model_copy(update=fields)
        annotations.write_accelerator(module.operation, tiny)
    with pytest.raises(OptimusError, match=r"memref<8xf32, 1> does not fit in 32 bytes at 16"):
        interpret(module, [INPUT])


def test_a_box_that_leaves_its_buffer_is_refused() -> None:
    body = """
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c5 = arith.constant 5 : index
      %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<4xf32, 1>
      %end = arith.addi %c5, %c1 : index
      scf.for %i = %c0 to %end step %c1 {
        %v = memref.subview %x[%i] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: ?>>
        "accel.load"(%v, %b) : (memref<4xf32, strided<[1], offset: ?>>, memref<4xf32, 1>) -> ()
      }
    """
    with pytest.raises(OptimusError, match="elements 5 to 8 of axis 0, which has 8"):
        interpret(program(body), [INPUT])


def test_what_has_no_meaning_is_named() -> None:
    body = "%v = vector.load %x[%c] : memref<8xf32>, vector<8xf32>"
    body = f"%c = arith.constant 0 : index\n{body}"
    with pytest.raises(OptimusError, match=r"no meaning for vector\.load"):
        interpret(program(body), [INPUT])
