"""Ops read a reshaped, transposed or strided tensor where it came from, at other indices.

Before: %t = linalg.transpose(tensor.expand_shape %x), %y = linalg.batch_matmul(%t, %w)
After:  %y = generic{matmul} ins(%x[m, 64 * b + k], %w)
A loop over a collapsed dimension becomes several; if the result has that dimension, it is
collapsed afterwards:
Before: %c = tensor.collapse_shape %x [[0], [1, 2, 3]], %y = linalg.matmul(%c, %w)
After:  %y = generic{matmul} ins(%x[m, c, h, w], %w[49 * c + 7 * h + w, n])
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimus_mlir.analysis.affine_maps import operand_indices
from optimus_mlir.analysis.structured import (
    Structured,
    has_one_use,
    is_fill,
    is_identity,
    producer,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.analysis.views import matched, only_drops_units
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.normalize.index_arithmetic import (
    composed,
    delinearised,
    is_loop,
    linearised,
    scaled,
)
from optimus_mlir.normalize.loop_nests import LoopNest, Operand, nest_of, rebuilt, starts_anew
from optimus_mlir.normalize.padding_first import pad_first
from optimus_mlir.normalize.reshaped_reads import groups_of
from optimus_mlir.workload import Linear


def read_through_views(module: ir.Module) -> None:
    """Let every op of linalg read from before views, where an affine index can say so."""
    for op in top_level_ops(module):
        pad_first(op)
        view = None if isinstance(op, tensor.PadOp) else structured(op)
        while view is not None and not is_fill(view):
            view = _read_through_one(view)


def _read_through_one(view: Structured) -> Structured | None:
    """The op after one of its operands reads through all its views; None if none does."""
    nest = nest_of(view)
    if nest is None:
        return None
    if any(map(_reads_one_line, nest.operands[:-1])):
        return rebuilt(view, nest)  # from a slice
    for number in range(len(view.maps) - 1):
        last = nest
        for through in _through_views(nest, number):
            if through.operands[number].is_moved and _can_become(view, through):
                last = through
        if last != nest:
            return rebuilt(view, last)
    return None


def _reads_one_line(operand: Operand) -> bool:
    """Whether the map of an operand picks one place of a dimension that has more."""
    if not isinstance(operand.value.type, ir.RankedTensorType):
        return False
    shape = operand.value.type.shape
    return any(not i.loops and n > 1 for i, n in zip(operand.row, shape, strict=True))


def _through_views(nest: LoopNest, number: int) -> Iterator[LoopNest]:
    """The nest as its operand reads through one view after the other."""
    while (source := _before_view(nest, number)) is not None:
        nest = source
        yield nest


def _before_view(nest: LoopNest, number: int) -> LoopNest | None:
    operand = nest.operands[number]
    if not isinstance(operand.value.type, ir.RankedTensorType):
        return None
    op = producer(operand.value)
    if isinstance(op, tensor.ExpandShapeOp):
        return nest.reading(number, _before_expansion(operand, op, nest.loops))
    if isinstance(op, tensor.CollapseShapeOp):
        return _before_collapse(nest, number, op)
    if isinstance(op, tensor.ExtractSliceOp):
        source = _before_slice(operand, op, nest.loops)
        return source and nest.reading(number, source)
    copied = structured_producer(operand.value)
    return _before_copy(nest, number, copied) if copied else None


def _before_expansion(operand: Operand, op: Any, loops: int) -> Operand:
    shape = op.result.type.shape
    row = tuple(
        linearised([operand.row[a] for a in group], [shape[a] for a in group], loops)
        for group in groups_of(op)
    )
    return Operand(op.src, row, is_moved=True)


def _before_collapse(nest: LoopNest, number: int, op: Any) -> LoopNest | None:
    """Splits the loops that the nest needs split."""
    groups, shape = groups_of(op), op.src.type.shape
    for axis, group in enumerate(groups):
        index, parts = nest.operands[number].row[axis], tuple(shape[a] for a in group)
        if delinearised(index, parts, nest.extents) is None:
            whole = is_loop(index) and nest.extents[index.loops[0]] == op.result.type.shape[axis]
            split = nest.split(index.loops[0], parts) if whole else None
            if split is None:
                return None
            nest = split
    operand = nest.operands[number]
    row: list[Any] = []
    for index, group in zip(operand.row, groups, strict=True):
        row += delinearised(index, [shape[a] for a in group], nest.extents) or ()
    moved = operand.is_moved or not only_drops_units(op)
    return nest.reading(number, Operand(op.src, tuple(row), moved))


def _before_slice(operand: Operand, op: Any, loops: int) -> Operand | None:
    """Slices without strides are views and stay, unless something behind them does not."""
    offsets, sizes, strides = op.static_offsets, op.static_sizes, op.static_strides
    kept = matched(list(sizes), op.result.type.shape)
    if len(op.operands) > 1 or kept is None:
        return None
    indices = dict(zip(kept, operand.row, strict=True))
    row = tuple(
        scaled(indices.get(d, Linear((0,) * loops)), stride, constant=offset)
        for d, (offset, stride) in enumerate(zip(offsets, strides, strict=True))
    )
    moved = operand.is_moved or any(stride > 1 for stride in strides)
    return Operand(op.source, row, moved)


def _before_copy(nest: LoopNest, number: int, copied: Structured) -> LoopNest | None:
    """A transposition or broadcast is an op that yields an operand as it is."""
    if copied.computations or not is_identity(copied.maps[-1]):
        return None
    rows = operand_indices(copied.op.operation)
    source = next((n for n, a in enumerate(copied.arguments) if a == copied.yielded), None)
    if rows is None or source is None or source == len(rows) - 1:
        return None
    if not isinstance(copied.operands[source].type, ir.RankedTensorType):
        return None
    inner = nest.operands[number].row
    row = tuple(composed(index, inner, nest.loops) for index in rows[source])
    return nest.reading(number, Operand(copied.operands[source], row, is_moved=True))


def _can_become(view: Structured, nest: LoopNest) -> bool:
    """Whether its loops can be the new ones, and its result start in the new shape."""
    is_split = nest.loops != view.maps[-1].n_inputs
    if is_split and any(isinstance(op, linalg.IndexOp) for op in view.computations):
        return False
    is_reshaped = any(len(part) > 1 for part in nest.parts)
    return not is_reshaped or (starts_anew(view) and not _is_epilogue(view))


def _is_epilogue(view: Structured) -> bool:
    """Whether the op can overwrite an anchor's result, which needs the loops of that result."""
    if not view.is_elementwise:
        return False
    values = (view.operands[number] for number in view.identity_reads())
    anchors = ((v, structured_producer(v)) for v in values if has_one_use(v))
    return any(anchor is not None and not is_fill(anchor) for _, anchor in anchors)
