"""Copies of boxes as rows of bytes, and the memory that buffers share."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from optimus_mlir.accel.copies import Copies, Rows, piece_of, rows_of
from optimus_mlir.accel.host_buffers import host_bytes, use_host_memory
from optimus_mlir.accel.workspaces import use_workspace, workspace_bytes
from optimus_mlir.mlir import execution_engine, func, ir, new_context, run_passes
from optimus_mlir.passes.convert_accel_to_llvm import LLVM


@pytest.mark.parametrize(
    ("source", "target", "row_bytes", "loops"),
    [
        ("memref<4x8xf32>", "memref<4x8xf32>", 128, []),
        ("memref<4x8xf32, strided<[10, 1]>>", "memref<4x8xf32>", 32, [Rows(4, 40, 32)]),
        ("memref<4x8xi8, strided<[8, 1]>>", "memref<4x8xi8, strided<[9, 1]>>", 8, [Rows(4, 8, 9)]),
        ("memref<1x8xf32, strided<[9, 1]>>", "memref<1x8xf32>", 32, []),
        ("memref<4x8xf32, strided<[1, 4]>>", "memref<4x8xf32>", 4, [Rows(4, 4, 32), Rows(8, 16, 4)]),
        ("memref<2x3x8xf32, strided<[60, 10, 1]>>", "memref<2x3x8xf32>", 32,
         [Rows(2, 240, 96), Rows(3, 40, 32)]),
        ("memref<2x3x8xf32, strided<[30, 10, 1]>>", "memref<2x3x8xf32>", 32, [Rows(6, 40, 32)]),
        ("memref<f32>", "memref<f32>", 4, []),
    ],
)  # fmt: skip
def test_rows_are_as_long_as_both_sides_allow(
    source: str, target: str, row_bytes: int, loops: list[Rows]
) -> None:
    with new_context(), ir.Location.unknown():
        types = [ir.Type.parse(text) for text in (source, target)]
        assert rows_of(*types) == (row_bytes, loops)


def copied(source: str, target: str, array: np.ndarray) -> np.ndarray:
    """The array after a copy of a box of it to another box of it."""
    with new_context(), ir.Location.unknown():
        module = ir.Module.parse(f"func.func @f(%from: {source}, %to: {target}) {{ return }}")
        function = module.body.operations[0]
        with ir.InsertionPoint.at_block_begin(function.entry_block):
            Copies(module).copy(*function.arguments)
        function.attributes["llvm.emit_c_interface"] = ir.UnitAttr.get()
        run_passes(module, LLVM)
        engine = execution_engine.ExecutionEngine(module)
    descriptors = [described(array, text) for text in (source, target)]
    pointers = [ctypes.c_void_p(descriptor.ctypes.data) for descriptor in descriptors]
    engine.invoke("f", *map(ctypes.pointer, pointers))
    return array


def described(array: np.ndarray, text: str) -> np.ndarray:
    with new_context():
        kind = ir.MemRefType(ir.Type.parse(text))
        strides, offset = kind.get_strides_and_offset()
        data = array.ctypes.data
        return np.array([data, data, offset, *kind.shape, *strides], np.int64)


def test_a_box_may_move_to_lower_addresses_within_itself() -> None:
    source = "memref<2x5x4xf32, strided<[28, 4, 1], offset: 8>>"
    target = "memref<2x5x4xf32, strided<[28, 4, 1]>>"
    array = np.arange(56, dtype=np.float32).reshape(2, 7, 4)
    expected = array.copy()
    expected[:, :5] = array[:, 2:]
    assert np.array_equal(copied(source, target, array), expected)


def test_a_box_may_move_by_less_than_a_row() -> None:
    source = "memref<3x6xf32, strided<[8, 1], offset: 1>>"
    target = "memref<3x6xf32, strided<[8, 1]>>"
    array = np.arange(24, dtype=np.float32).reshape(3, 8)
    expected = array.copy()
    expected[:, :6] = array[:, 1:7]
    assert np.array_equal(copied(source, target, array), expected)


@pytest.mark.parametrize("element", ["i8", "f32"])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 12, 16, 17, 20])
def test_rows_of_any_length_are_copied_and_nothing_else(element: str, width: int) -> None:
    dtype = {"i8": np.int8, "f32": np.float32}[element]
    source = f"memref<2x3x{width}x{element}, strided<[80, 21, 1], offset: 161>>"
    target = f"memref<2x3x{width}x{element}, strided<[70, 22, 1], offset: 2>>"
    array = np.arange(330).astype(dtype)
    sources = np.add.outer(np.add.outer([161, 241], [0, 21, 42]), np.arange(width))
    targets = np.add.outer(np.add.outer([2, 72], [0, 22, 44]), np.arange(width))
    expected = array.copy()
    expected[targets] = array[sources]
    assert np.array_equal(copied(source, target, array), expected)


@pytest.mark.parametrize(
    ("row_bytes", "piece"), [(1, 1), (2, 1), (3, 2), (8, 4), (9, 8), (64, 32), (65, None)]
)
def test_a_short_row_is_one_or_two_pieces(row_bytes: int, piece: int | None) -> None:
    assert piece_of(row_bytes) == piece


def test_a_box_with_more_loops_than_the_function_has_is_copied_too() -> None:
    strides = "strided<[972, 324, 108, 36, 12, 2], offset: 1>"
    source = f"memref<2x2x2x2x2x2xf32, {strides}>"
    target = "memref<2x2x2x2x2x2xf32, strided<[972, 324, 108, 36, 12, 2]>>"
    array = np.arange(2 * 972, dtype=np.float32)
    boxes = [np.lib.stride_tricks.as_strided(
        array[start:], (2,) * 6, [4 * n for n in (972, 324, 108, 36, 12, 2)]
    ) for start in (1, 0)]  # fmt: skip
    expected = boxes[0].copy()
    copied(source, target, array)
    assert np.array_equal(boxes[1], expected)


HOST = """
func.func @f(%x: memref<64xf32>, %y: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  %b = memref.alloc() : memref<64xf32>
  %c = memref.alloc() : memref<64xf32>
  linalg.exp ins(%x : memref<64xf32>) outs(%a : memref<64xf32>)
  linalg.exp ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
  linalg.exp ins(%b : memref<64xf32>) outs(%c : memref<64xf32>)
  linalg.exp ins(%c : memref<64xf32>) outs(%y : memref<64xf32>)
  return
}
"""


def views(function: func.FuncOp) -> list[int]:
    """The offsets of the buffers in `f`, in order."""
    ops = [op for op in function.entry_block.operations if op.operation.name == "memref.view"]
    return [ir.IntegerAttr(op.byte_shift.owner.attributes["value"]).value for op in ops]


def test_buffers_of_the_host_share_memory_when_their_lives_do_not_overlap() -> None:
    with new_context(), ir.Location.unknown():
        module = ir.Module.parse(HOST)
        function = module.body.operations[0]
        assert host_bytes(function.operation) == 512
        kind = ir.Type.parse("memref<?xi8>")
        memory = function.entry_block.add_argument(kind, function.location)
        use_host_memory(function.operation, memory)
        a, b, c = views(function)
    assert a == c != b


def test_temporaries_of_a_kernel_lie_side_by_side() -> None:
    with new_context(), ir.Location.unknown():
        module = ir.Module.parse(
            HOST.replace("64xf32", "3xi8").replace("linalg.exp", "linalg.copy")
        )
        function = module.body.operations[0]
        assert workspace_bytes(function.operation) == 3 * 64
        use_workspace(function.operation)
        assert views(function) == [0, 64, 128]
        assert str(function.type.inputs[2]) == "memref<?xi8>"
