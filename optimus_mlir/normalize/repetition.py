"""A gather that repeats its neighbours is a broadcast: upsampling to the nearest neighbour.

Before: %u = generic{x[n, c, floor(h / 2), floor(w / 2)]}             over 1 x 8 x 32 x 32
After:  %r = linalg.broadcast(%x)                                     over 1 x 8 x 16 x 2 x 16 x 2
        %u = tensor.collapse_shape %r [[0], [1], [2, 3], [4, 5]]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimus_mlir.analysis.structured import Structured, structured, top_level_ops
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.gathers import gather_of
from optimus_mlir.normalize.known_values import KnownValues


@dataclass(frozen=True)
class Repeats:
    """Along one dimension, `count` elements from `first` on, each `times` times."""

    first: int
    count: int
    times: int


def broadcast_repetitions(module: ir.Module) -> None:
    known = KnownValues()
    for op in top_level_ops(module):
        view = structured(op)
        gather = gather_of(view, known) if view else None
        repeats = [_walk(table) for table in gather.tables] if gather else []
        if view and gather and None not in repeats:
            _rewrite(view, gather.source, [r for r in repeats if r])


def _walk(table: Array) -> Repeats | None:
    """What is read in order, from the positions of all elements."""
    extent = len(table)
    first, times = int(table[0]), int(np.count_nonzero(table == table[0]))
    if extent % times or not np.array_equal(table, first + np.arange(extent) // times):
        return None
    return Repeats(first, extent // times, times)


def _rewrite(view: Structured, source: ir.Value, repeats: list[Repeats]) -> None:
    with ir.InsertionPoint(view.op), view.op.location:
        result = _sliced(source, repeats)
        if any(r.times > 1 for r in repeats):
            result = _repeated(result, repeats, view.result.type)
    view.result.replace_all_uses_with(result)
    view.op.operation.erase()


def _sliced(source: ir.Value, repeats: list[Repeats]) -> ir.Value:
    counts = [r.count for r in repeats]
    if counts == list(source.type.shape):
        return source
    kind = ir.RankedTensorType.get(counts, source.type.element_type)
    ones = [1] * len(counts)
    first = [r.first for r in repeats]
    return tensor.ExtractSliceOp(kind, source, [], [], [], first, counts, ones).result


def _repeated(source: ir.Value, repeats: list[Repeats], kind: ir.Type) -> ir.Value:
    """Each element of a dimension beside its copies, in a dimension of their own."""
    shape: list[int] = []
    groups: list[list[int]] = []
    added: list[int] = []
    for r in repeats:
        groups.append([len(shape)])
        shape.append(r.count)
        if r.times > 1:
            added.append(len(shape))
            groups[-1].append(len(shape))
            shape.append(r.times)
    empty = tensor.EmptyOp(shape, kind.element_type).result
    (copies,) = linalg.broadcast(source, outs=[empty], dimensions=added).results
    return tensor.CollapseShapeOp(kind, copies, groups).result
