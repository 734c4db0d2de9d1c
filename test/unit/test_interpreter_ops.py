"""Ops of the host and of kernels in the NumPy interpreter, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context
from optimus_mlir.runtime.interpreter.control import Sequencer
from optimus_mlir.runtime.interpreter.memory import Box


def run_function(text: str, *arrays: Any) -> list[Any]:
    module = ir.Module.parse(text, new_context())
    with module.context, ir.Location.unknown(), np.errstate(all="ignore"):
        boxes = [Box(np.asarray(array)) for array in arrays]
        Sequencer(module).call("f", boxes)
    return [box.elements for box in boxes]


def elementwise(op: str, n: int, kind: str, result: str = "") -> str:
    result = result or kind
    return f"""
func.func @f(%x: memref<{n}x{kind}>, %y: memref<{n}x{kind}>, %z: memref<{n}x{result}>) {{
  linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>,
    affine_map<(i) -> (i)>], iterator_types = ["parallel"]}}
    ins(%x, %y : memref<{n}x{kind}>, memref<{n}x{kind}>) outs(%z : memref<{n}x{result}>) {{
  ^bb0(%a: {kind}, %b: {kind}, %c: {result}):
    %r = {op}
    linalg.yield %r : {result}
  }}
  return
}}"""


NAMED = {
    "linalg.transpose ins(%x : memref<2x3xf32>) outs(%t : memref<3x2xf32>) permutation = [1, 0]": (
        "memref<3x2xf32>",
        lambda x: x.T,
    ),
    "linalg.broadcast ins(%x : memref<2x3xf32>) outs(%t : memref<2x4x3xf32>) dimensions = [1]": (
        "memref<2x4x3xf32>",
        lambda x: np.repeat(x[:, None], 4, axis=1),
    ),
    "linalg.reduce { arith.addf } ins(%x : memref<2x3xf32>) outs(%t : memref<2xf32>) dimensions = [1]": (
        "memref<2xf32>",
        lambda x: x.sum(1),
    ),
    "linalg.map { math.absf } ins(%x : memref<2x3xf32>) outs(%t : memref<2x3xf32>)": (
        "memref<2x3xf32>",
        np.abs,
    ),
    "linalg.copy ins(%x : memref<2x3xf32>) outs(%t : memref<2x3xf32>)": (
        "memref<2x3xf32>",
        lambda x: x,
    ),
}


@pytest.mark.parametrize("op", NAMED)
def test_named_ops(op: str) -> None:
    kind, compute = NAMED[op]
    x = np.arange(-3, 3, dtype=np.float32).reshape(2, 3)
    expected = compute(x)
    text = f"func.func @f(%x: memref<2x3xf32>, %t: {kind}) {{ {op} return }}"
    *_, found = run_function(text, x, np.zeros(expected.shape, np.float32))
    np.testing.assert_array_equal(found, expected)


SEVENS = np.array([7, -7, 7, -7], np.int32)
TWOS = np.array([2, 2, -2, -2], np.int32)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("arith.divsi %a, %b : i32", [3, -3, -3, 3]),
        ("arith.remsi %a, %b : i32", [1, -1, 1, -1]),
        ("arith.floordivsi %a, %b : i32", [3, -4, -4, 3]),
        ("arith.ceildivsi %a, %b : i32", [4, -3, -3, 4]),
        ("arith.divui %a, %b : i32", [3, 2147483644, 0, 0]),
        ("arith.remui %a, %b : i32", [1, 1, 7, -7]),
        ("arith.maxui %a, %b : i32", [7, -7, -2, -2]),
        ("arith.minui %a, %b : i32", [2, 2, 7, -7]),
        ("arith.shrsi %a, %b : i32", [1, -2]),
        ("arith.shrui %a, %b : i32", [1, 1073741822]),
    ],
)
def test_integers(op: str, expected: list[int]) -> None:
    x, y = SEVENS[: len(expected)], TWOS[: len(expected)]
    *_, found = run_function(elementwise(op, len(x), "i32"), x, y, np.zeros_like(x))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("oeq", [1, 0, 0]),
        ("one", [0, 1, 0]),
        ("ueq", [1, 0, 1]),
        ("une", [0, 1, 1]),
        ("ult", [0, 1, 1]),
        ("olt", [0, 1, 0]),
        ("ord", [1, 1, 0]),
        ("uno", [0, 0, 1]),
        ("true", [1, 1, 1]),
    ],
)
def test_comparisons_know_nan(predicate: str, expected: list[int]) -> None:
    x, y = np.float32([1, 1, np.nan]), np.float32([1, 2, 1])
    op = f"arith.cmpf {predicate}, %a, %b : f32"
    *_, found = run_function(elementwise(op, 3, "f32", "i1"), x, y, np.zeros(3, np.bool_))
    np.testing.assert_array_equal(found, np.bool_(expected))


def test_sums_are_rounded_in_the_order_of_the_nest() -> None:
    text = """
func.func @f(%x: memref<3xf32>, %z: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
    iterator_types = ["reduction"]} ins(%x : memref<3xf32>) outs(%z : memref<f32>) {
  ^bb0(%a: f32, %s: f32):
    %r = arith.addf %s, %a : f32
    linalg.yield %r : f32
  }
  return
}"""
    for order, total in (([1e8, 1, -1e8], 0), ([1e8, -1e8, 1], 1)):
        *_, found = run_function(text, np.float32(order), np.zeros((), np.float32))
        assert found == total


def test_gather_through_the_body() -> None:
    text = """
func.func @f(%x: memref<5xf32>, %at: memref<3xi64>, %z: memref<3xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
    iterator_types = ["parallel"]} ins(%at : memref<3xi64>) outs(%z : memref<3xf32>) {
  ^bb0(%a: i64, %o: f32):
    %i = linalg.index 0 : index
    %k = arith.index_cast %a : i64 to index
    %j = arith.addi %i, %k : index
    %r = memref.load %x[%j] : memref<5xf32>
    linalg.yield %r : f32
  }
  return
}"""
    x = np.arange(5, dtype=np.float32)
    *_, found = run_function(text, x, np.int64([2, 0, 2]), np.zeros(3, np.float32))
    np.testing.assert_array_equal(found, [2, 1, 4])
    with pytest.raises(OptimusError, match="of an axis of 5"):
        run_function(text, x, np.int64([2, 0, 3]), np.zeros(3, np.float32))
