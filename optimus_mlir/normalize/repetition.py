"""A gather that repeats its neighbours is a broadcast: upsampling to the nearest neighbour.

Before: %u = generic{x[n, c, floor(h / 2), floor(w / 2)]}             over 1 x 8 x 32 x 32
After:  %r = linalg.broadcast(%x)                                     over 1 x 8 x 16 x 2 x 16 x 2
        %u = tensor.collapse_shape %r [[0], [1], [2, 3], [4, 5]]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimus_mlir.analysis.structured import Structured, is_identity, structured, top_level_ops
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.body_evaluation import known_inside
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
        extract = _yielded_extract(view) if view else None
        repeats = _repeats(view, extract, known) if view and extract else None
        if view and extract and repeats:
            _rewrite(view, extract.operands[0], repeats)


def _yielded_extract(view: Structured) -> ir.OpView | None:
    """The op of the body that picks what is yielded, if the op does no more than that."""
    owner = view.yielded.owner
    if isinstance(owner, ir.Block) or not isinstance(owner.opview, tensor.ExtractOp):
        return None
    return owner.opview if is_identity(view.maps[-1]) else None


def _repeats(view: Structured, extract: ir.OpView, known: KnownValues) -> list[Repeats] | None:
    """How each dimension is walked; None unless each follows the loop of its own number."""
    source, *indices = extract.operands
    shape = view.result.type.shape
    if len(indices) != len(shape) or not source.type.has_static_shape:
        return None
    values = known_inside(view, known)
    found: list[Repeats] = []
    for loop, index in enumerate(indices):
        table = values[index] if index in values else known.get(index)
        repeats = None if table is None else _walk(table, loop, shape[loop])
        if repeats is None or not _is_inside(repeats, source.type.shape[loop]):
            return None
        found.append(repeats)
    return found


def _walk(table: Array, loop: int, extent: int) -> Repeats | None:
    """What a loop of this extent reads in order, with a table of indices over all loops."""
    if table.size > 1 and table.size != table.shape[loop]:
        return None  # another loop moves it
    indices = np.broadcast_to(table.ravel(), extent)
    first, times = int(indices[0]), int(np.count_nonzero(indices == indices[0]))
    if extent % times or not np.array_equal(indices, first + np.arange(extent) // times):
        return None
    return Repeats(first, extent // times, times)


def _is_inside(repeats: Repeats, extent: int) -> bool:
    return repeats.first >= 0 and repeats.first + repeats.count <= extent


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
