"""Programs whose steps overlap: every wait in them is needed, and nothing else is waited for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.interpreter import interpret

FOLDER = Path(__file__).parents[1] / "lit/passes/convert-linalg-to-accel"
SHAPES = {"steps-overlap": [(8, 4), (4, 4)], "windows-overlap": [(14,), (3,)]}


def program(name: str) -> ir.Module:
    module = ir.Module.parse((FOLDER / f"{name}.mlir").read_text(), new_context())
    run_passes(module, [TileAndFusePass(), ConvertLinalgToAccelPass()])
    return module


def inputs(name: str) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(-4, 5, shape).astype(np.float32) for shape in SHAPES[name]]


def expected(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return x @ w if x.ndim == 2 else np.correlate(x, w)


def waits_of(module: ir.Module) -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "accel.wait":
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_both_back_ends_compute_it(name: str) -> None:
    module = program(name)
    for run in (interpret, emulate):
        (output,) = run(module, inputs(name)).outputs
        np.testing.assert_array_equal(output, expected(*inputs(name)))


@pytest.mark.parametrize("name", SHAPES)
def test_without_any_of_its_waits_it_is_wrong(name: str) -> None:
    """In the interpreter, which the verifier would spare: data come and go at the waits."""
    assert waits_of(program(name))
    for number in range(len(waits_of(program(name)))):
        module = program(name)
        waits_of(module)[number].erase()
        outcome = result_or_refusal(module, name)
        if isinstance(outcome, str):
            assert "under way" in outcome
        else:
            assert not np.array_equal(outcome, expected(*inputs(name)))


def result_or_refusal(module: ir.Module, name: str) -> np.ndarray | str:
    try:
        return interpret(module, inputs(name)).outputs[0]
    except OptimusError as error:
        return str(error)


def narrow_and_wide(widths: tuple[int, ...], rows: int) -> str:
    """Matrix products one after the other."""
    products: list[str] = []
    x = "%x"
    for i, (a, b) in enumerate(pairwise(widths)):
        kinds = f"tensor<{rows}x{a}xf32>, tensor<{a}x{b}xf32>"
        products.append(f"""
  %w{i} = arith.constant dense<1.0> : tensor<{a}x{b}xf32>
  %e{i} = tensor.empty() : tensor<{rows}x{b}xf32>
  %f{i} = linalg.fill ins(%zero : f32) outs(%e{i} : tensor<{rows}x{b}xf32>) -> tensor<{rows}x{b}xf32>
  %m{i} = linalg.matmul ins({x}, %w{i} : {kinds}) outs(%f{i} : tensor<{rows}x{b}xf32>) -> tensor<{rows}x{b}xf32>""")
        x = f"%m{i}"
    result = f"tensor<{rows}x{widths[-1]}xf32>"
    return f"""
func.func @main(%x: tensor<{rows}x{widths[0]}xf32>) -> {result} {{
  %zero = arith.constant 0.0 : f32{"".join(products)}
  return {x} : {result}
}}"""


WIDE, LONG = (16, 4, 16, 4, 16), (12, 4, 12, 4, 12, 4, 12)


@pytest.mark.parametrize(
    ("widths", "rows", "scratchpad_bytes"),
    [(WIDE, 4, 896), (WIDE, 4, 960), (WIDE, 4, 1024), (LONG, 12, 928)],
)
def test_a_result_may_lie_where_something_of_its_shape_was_loaded(
    widths: tuple[int, ...], rows: int, scratchpad_bytes: int
) -> None:
    """They are two buffers, and others may lie there in between; in the last case both take turns."""
    module = ir.Module.parse(narrow_and_wide(widths, rows), new_context())
    sizes = f"element_bits=32,accumulator_bits=32,scratchpad_bytes={scratchpad_bytes}"
    fields = f"double_buffering=true,{sizes}"
    run_passes(module, [FusePass(accelerator="generic", set=fields, solver="greedy")])
    x = np.random.default_rng(0).integers(-4, 5, (rows, widths[0])).astype(np.float32)
    expected = x
    for a, b in pairwise(widths):
        expected = expected @ np.ones((a, b), np.float32)
    for run in (interpret, emulate):
        np.testing.assert_array_equal(run(module, [x]).outputs[0], expected)
