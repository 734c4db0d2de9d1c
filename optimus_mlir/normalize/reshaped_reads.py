"""Reads of a tensor, seen from loops over a reshaped iteration space.

Before: loops (d0, d1) over 8 x 16, operand read at (d1)
After:  loops (d0, d1, d2) over 8 x 2 x 8, the operand expanded to 2 x 8 and read at (d1, d2)
"""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from optimus_mlir.analysis.structured import Read
from optimus_mlir.mlir import ir, tensor

Groups = list[list[int]]
"""The axes of the larger shape that each axis of the smaller one stands for."""

UNIT = -1  # the group of an axis of length 1, which no loop moves along


def read_before_reshape(read: Read, reshape: Any) -> Read | None:
    """A read from loops over the result of a reshape, from loops over its source.

    Reshapes the operand too, at the current insertion point. None unless the operand walks, of each
    group of axes that the source has as one, all in order or none that is longer than 1.
    """
    if isinstance(reshape, tensor.ExpandShapeOp):
        return _collapsed(read, groups_of(reshape), reshape.result.type.shape)
    return _expanded(read, groups_of(reshape), reshape.src.type.shape)


def read_after_reshape(read: Read, reshape: Any) -> Read | None:
    """A read from loops over the source of a reshape, from loops over its result."""
    if isinstance(reshape, tensor.ExpandShapeOp):
        return _expanded(read, groups_of(reshape), reshape.result.type.shape)
    return _collapsed(read, groups_of(reshape), reshape.src.type.shape)


def reshaped(value: ir.Value, reshape: Any) -> ir.Value:
    """`value` in the shape that `reshape` gives to its source, which has the shape of `value`."""
    change = _expand if isinstance(reshape, tensor.ExpandShapeOp) else _collapse
    return change(value, groups_of(reshape), reshape.result.type.shape)


def is_reshape(op: Any) -> bool:
    return isinstance(op, tensor.ExpandShapeOp | tensor.CollapseShapeOp)


def groups_of(reshape: Any) -> Groups:
    return [[int(axis) for axis in group] for group in reshape.reassociation]


def _collapsed(read: Read, groups: Groups, shape: Sequence[int]) -> Read | None:
    """A read from loops over `shape` as one from loops over its groups."""
    value, indexing = read
    runs = _runs([_loop(axis) for axis in indexing.results], groups, shape)
    if runs is None:
        return None
    axes = [
        ir.AffineExpr.get_constant(0)
        if group == UNIT
        else ir.AffineExpr.get_dim(group)
        if group is not None
        else indexing.results[run[0]]
        for run, group in runs
    ]
    if len(runs) < len(indexing.results):
        merged = [run for run, _ in runs]
        value = _collapse(
            value, merged, [math.prod(value.type.shape[a] for a in r) for r in merged]
        )
    return value, ir.AffineMap.get(len(groups), 0, axes)


def _runs(
    loops: Sequence[int | None], groups: Groups, shape: Sequence[int]
) -> list[tuple[list[int], int | None]] | None:
    """Neighbouring axes of an operand that walk one group, and which; UNIT if they do not move.

    None if an axis walks a part of a group, or the group in another order.
    """
    group_of: dict[int | None, int] = {
        loop: number for number, group in enumerate(groups) for loop in group
    }
    runs: list[tuple[list[int], int | None]] = []
    for group, run in groupby(range(len(loops)), lambda axis: group_of.get(loops[axis])):
        axes = list(run)
        walked = [loop for axis in axes if (loop := loops[axis]) is not None]
        if group is None or all(shape[loop] == 1 for loop in walked):
            runs += [([axis], None if loops[axis] is None else UNIT) for axis in axes]
        elif walked == sorted(set(walked)) and _long(groups[group], shape) <= set(walked):
            runs.append((axes, group))
        else:
            return None
    return runs


def _long(group: Sequence[int], shape: Sequence[int]) -> set[int]:
    return {axis for axis in group if shape[axis] > 1}


def _expanded(read: Read, groups: Groups, shape: Sequence[int]) -> Read:
    """A read from loops over groups as one from loops over `shape`, which they divide."""
    value, indexing = read
    if not indexing.results:
        return value, ir.AffineMap.get(len(shape), 0, [])
    axes: list[ir.AffineExpr] = []
    parts: Groups = []
    extents: list[int] = []
    for axis, extent in zip(indexing.results, value.type.shape, strict=True):
        loop = _loop(axis)
        inner = [] if loop is None else groups[loop]
        axes += [ir.AffineExpr.get_dim(i) for i in inner] or [axis]
        parts.append(list(range(len(extents), len(extents) + max(len(inner), 1))))
        extents += [shape[i] for i in inner] or [extent]
    if len(extents) > len(indexing.results):
        value = _expand(value, parts, extents)
    return value, ir.AffineMap.get(len(shape), 0, axes)


def _loop(axis: ir.AffineExpr) -> int | None:
    return axis.position if isinstance(axis, ir.AffineDimExpr) else None


def _expand(value: ir.Value, groups: Groups, shape: Sequence[int]) -> ir.Value:
    kind = ir.RankedTensorType.get(shape, value.type.element_type)
    return tensor.ExpandShapeOp(kind, value, groups, [], shape).result


def _collapse(value: ir.Value, groups: Groups, shape: Sequence[int]) -> ir.Value:
    kind = ir.RankedTensorType.get(shape, value.type.element_type)
    return tensor.CollapseShapeOp(kind, value, groups).result
