"""What an elementwise op computes from its position is known: a constant that it reads.

An average that leaves padding out divides by a count, and a mask compares indices.

Before: %y = generic{s / ((min(i + 2, n) - max(i - 1, 0)) as f32)}(%s)
After:  %counts = arith.constant, %y = generic{s / c}(%s, %counts)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from optimus_mlir.analysis.structured import (
    Read,
    Structured,
    elementwise,
    is_identity,
    move_body,
    replaced,
    structured,
    top_level_ops,
)
from optimus_mlir.mlir import ir, linalg
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.body_evaluation import known_inside
from optimus_mlir.normalize.constant_folding import MOST_BYTES_GROWN, new_constant
from optimus_mlir.normalize.known_values import KnownValues


def read_positions_from_constants(module: ir.Module) -> None:
    known = KnownValues()
    for op in top_level_ops(module):
        view = structured(op)
        if view and is_identity(view.maps[-1]) and _asks_for_position(view):
            wanted = _wanted(view, known)
            if sum(array.nbytes for array in wanted.values()) <= MOST_BYTES_GROWN:
                _rewrite(view, wanted)


def _asks_for_position(view: Structured) -> bool:
    return any(isinstance(op, linalg.IndexOp) for op in view.computations)


def _wanted(view: Structured, known: KnownValues) -> Mapping[ir.Value, Array]:
    """What is known at each position, and read by what is not."""
    arguments = set(view.arguments)
    values = known_inside(view, known)
    return {
        operand: values[operand]
        for op in view.body.operations
        if not op.results or op.results[0] not in values
        for operand in op.operands
        if operand in values and operand not in arguments
    }


def _rewrite(view: Structured, wanted: Mapping[ir.Value, Array]) -> None:
    """The same op with operands for what is wanted; what computed it is dead."""
    inputs = list(zip(view.operands, view.maps, strict=True))[:-1]
    with ir.InsertionPoint(view.op), view.op.location:
        new = elementwise([*inputs, *_constants(wanted)], view.initial)
    block = new.regions[0].blocks[0]
    *old, initial = view.arguments
    initial.replace_all_uses_with(block.arguments[-1])
    for value, argument in zip(wanted, block.arguments[len(old) :], strict=False):
        value.replace_all_uses_with(argument)
    move_body(view, old, block)
    replaced(view, new)


def _constants(wanted: Mapping[ir.Value, Array]) -> Iterator[Read]:
    """Each with axes only for the loops that it depends on."""
    for value, array in wanted.items():
        loops = [loop for loop, extent in enumerate(array.shape) if extent > 1]
        dims = [ir.AffineExpr.get_dim(loop) for loop in loops]
        elements = np.ascontiguousarray(array.reshape([array.shape[loop] for loop in loops]))
        yield (
            new_constant(elements, "positions", value.type),
            ir.AffineMap.get(array.ndim, 0, dims),
        )
