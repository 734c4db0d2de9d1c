"""Linalg ops: a loop nest around a body of scalar ops, each operand read through an affine map.

Every operand becomes a view with one axis for each loop of the nest (stride 0 along a loop that does
not index it), so that NumPy iterates over all parallel loops at once. Reduction loops run one trip
after the other, in the order of the nest: sums are rounded as a scalar program rounds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from optimus_mlir.analysis.affine_maps import linear
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir, linalg
from optimus_mlir.mlir.constants import Array
from optimus_mlir.runtime.interpreter.bodies import Body, prepare
from optimus_mlir.runtime.interpreter.memory import Box
from optimus_mlir.workload import Linear

Values = dict[ir.Value, Any]
"""What the values of a function stand for: a Box for a memref, else a NumPy scalar."""


@dataclass(frozen=True, eq=False)
class Nest:
    """A linalg op: `indices` belong to its operands; reductions are the loops that index no result."""

    op: ir.Operation
    extents: tuple[int, ...]
    reductions: tuple[int, ...]
    parallels: tuple[int, ...]
    indices: tuple[tuple[Linear, ...], ...]
    results: int  # the last operands
    body: Body

    @property
    def macs(self) -> int:
        """Points of the iteration space of a reduction; what has none counts as nothing."""
        return int(np.prod(self.extents, dtype=np.int64)) if self.reductions else 0


def nest_of(op: ir.Operation) -> Nest | None:
    """The op as a nest; None if it is not one."""
    maps = linalg.get_indexing_maps(op)
    if maps is None:
        return None
    indices = tuple(_indices(op, ir.AffineMapAttr(attribute).value) for attribute in maps)
    loops, results = ir.AffineMapAttr(maps[0]).value.n_dims, _results(op)
    written = {loop for row in indices[-results:] for index in row for loop in index.loops}
    return Nest(
        op,
        _extents(op, loops, indices),
        tuple(loop for loop in range(loops) if loop not in written),
        tuple(sorted(written)),
        indices,
        results,
        prepare(op.regions[0].blocks[0]),
    )


def run_nest(nest: Nest, operands: Sequence[Any], around: Values) -> None:
    """Write the results; `around` are the values that the body may read besides its operands."""
    views = [_over_loops(nest, i, operand) for i, operand in enumerate(operands)]
    targets = views[len(views) - nest.results :]
    outside = [around[value] for value in nest.body.outside]
    for point in np.ndindex(*(nest.extents[loop] for loop in nest.reductions)):
        positions = [_position(nest, loop, point) for loop in nest.body.loops]
        results = nest.body([*(view[point] for view in views), *positions, *outside])
        for target, result in zip(targets, results, strict=True):
            target[point] = result


def _over_loops(nest: Nest, number: int, operand: Any) -> Array:
    """The operand's elements, one axis for each loop, those of reductions first."""
    elements = operand.elements if isinstance(operand, Box) else np.asarray(operand)
    indices, order = nest.indices[number], (*nest.reductions, *nest.parallels)
    start = tuple(index.constant for index in indices)
    _check_bounds(nest, indices, elements.shape)
    strides = [
        sum(
            index.coefficients[loop] * s for index, s in zip(indices, elements.strides, strict=True)
        )
        for loop in order
    ]
    if 0 in elements.shape:
        return np.zeros([nest.extents[loop] for loop in order], elements.dtype)
    first = elements[(*(slice(at, None) for at in start), ...)]  # the dots: a view of 0-d ones too
    return as_strided(first, [nest.extents[loop] for loop in order], strides)


def _check_bounds(nest: Nest, indices: Sequence[Linear], shape: Sequence[int]) -> None:
    for index, extent in zip(indices, shape, strict=True):
        reach = [c * (n - 1) for c, n in zip(index.coefficients, nest.extents, strict=True)]
        low = index.constant + sum(r for r in reach if r < 0)
        high = index.constant + sum(r for r in reach if r > 0)
        if 0 not in nest.extents and not 0 <= low <= high < extent:
            message = f"reads elements {low} to {high} of an axis of {extent}"
            raise PassFailure(nest.op.location, message)


def _position(nest: Nest, loop: int, point: tuple[int, ...]) -> Array:
    """The value of linalg.index, with one axis for each parallel loop."""
    if loop in nest.reductions:
        return np.asarray(point[nest.reductions.index(loop)])
    axis = nest.parallels.index(loop)
    shape = [1] * len(nest.parallels)
    shape[axis] = nest.extents[loop]
    return np.arange(nest.extents[loop]).reshape(shape)


def _results(op: ir.Operation) -> int:
    """How many operands at the end are written: linalg's ops call them by different names."""
    if op.name in ("linalg.map", "linalg.transpose", "linalg.broadcast"):
        return 1
    return len(op.opview.inits if op.name == "linalg.reduce" else op.opview.outputs)


def _indices(op: ir.Operation, map_: ir.AffineMap) -> tuple[Linear, ...]:
    row = [linear(result, map_.n_dims) for result in map_.results]
    if any(index is None for index in row):
        raise PassFailure(op.location, f"the interpreter knows no map like {map_}")
    return tuple(index for index in row if index is not None)


def _extents(op: ir.Operation, loops: int, indices: Sequence[Sequence[Linear]]) -> tuple[int, ...]:
    """The extent of each loop, read off an axis that it indexes alone."""
    extents: dict[int, int] = {}
    for operand, row in zip(op.operands, indices, strict=True):
        shape = operand.type.shape if isinstance(operand.type, ir.MemRefType) else ()
        for index, extent in zip(row, shape, strict=True):
            if len(index.loops) == 1 and index.constant == 0 and sum(index.coefficients) == 1:
                extents.setdefault(index.loops[0], extent)
    if len(extents) != loops:
        raise PassFailure(op.location, "no operand says how long each of the loops is")
    return tuple(extents[loop] for loop in range(loops))
