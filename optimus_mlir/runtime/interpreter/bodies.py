"""Bodies of linalg ops: straight-line scalar code, prepared once and run on arrays many times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array
from optimus_mlir.runtime.interpreter.memory import Box, inside
from optimus_mlir.runtime.interpreter.scalars import meaning

Step = tuple[Callable[..., Any], tuple[int, ...]]
"""What to compute, and the numbers of the values that it needs."""


@dataclass(frozen=True, eq=False)
class Body:
    """Values are numbered: arguments, positions in loops, values from outside, one for each step.

    `loops` are those whose position the body asks for (linalg.index), `outside` what it reads of
    the function around it.
    """

    loops: tuple[int, ...]
    outside: tuple[ir.Value, ...]
    steps: tuple[Step, ...]
    results: tuple[int, ...]

    def __call__(self, values: list[Any]) -> list[Any]:
        """What is yielded; `values` starts as the arguments, positions and values from outside."""
        for compute, operands in self.steps:
            values.append(compute(*[values[i] for i in operands]))
        return [values[i] for i in self.results]


def prepare(block: ir.Block) -> Body:
    *ops, end = [op.operation for op in block.operations]
    indices = [op for op in ops if op.name == "linalg.index"]
    others = [op for op in ops if op.name != "linalg.index"]
    own = [*block.arguments, *(op.results[0] for op in indices)]
    numbers = {value: i for i, value in enumerate(own)}
    computed = {result for op in others for result in op.results}
    read = [operand for op in (*others, end) for operand in op.operands]
    outside = [v for v in dict.fromkeys(read) if v not in numbers and v not in computed]
    for value in (*outside, *(op.results[0] if op.results else op for op in others)):
        numbers[value] = len(numbers)
    return Body(
        tuple(ir.IntegerAttr(op.attributes["dim"]).value for op in indices),
        tuple(outside),
        tuple((_step(op), tuple(numbers[o] for o in op.operands)) for op in others),
        tuple(numbers[operand] for operand in end.operands),
    )


def _step(op: ir.Operation) -> Callable[..., Any]:
    if op.name == "memref.load":
        return load
    if op.name == "cf.assert":
        return checks(op)
    if (compute := meaning(op)) is None:
        raise no_meaning(op)
    return compute


def no_meaning(op: ir.Operation) -> PassFailure:
    return PassFailure(
        op.location, f"the NumPy interpreter has no meaning for {op.name}: use the other back end"
    )


def load(box: Box, *indices: Array) -> Array:
    """memref.load, of many elements at once."""
    return box.elements[inside(box, indices)]


def checks(op: ir.Operation) -> Callable[..., None]:
    """cf.assert, of many conditions at once."""
    message = ir.StringAttr(op.attributes["msg"]).value

    def check(holds: Array) -> None:
        if not np.all(holds):
            raise PassFailure(op.location, f"assertion failed: {message}")

    return check
