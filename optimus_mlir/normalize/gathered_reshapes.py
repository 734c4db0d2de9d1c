"""A gather of all elements in their order is a reshape: PyTorch's group norm spreads statistics so.

Before: %y = generic{x[j / 2, j mod 2]}(%x)                over 1 x 4, x: 2 x 2
After:  %c = tensor.collapse_shape %x [[0, 1]], %y = tensor.expand_shape %c [[0, 1]]
"""

from __future__ import annotations

import math

import numpy as np

from optimus_mlir.analysis.structured import Structured, structured, top_level_ops
from optimus_mlir.mlir import ir, tensor
from optimus_mlir.normalize.body_evaluation import known_inside
from optimus_mlir.normalize.gathers import yielded_extract
from optimus_mlir.normalize.known_values import KnownValues

MOST_ELEMENTS = 2**20  # whose positions are compared


def reshape_what_is_in_order(module: ir.Module) -> None:
    known = KnownValues()
    for op in top_level_ops(module):
        view = structured(op)
        extract = yielded_extract(view) if view else None
        if view and extract and _takes_all_in_order(view, extract, known):
            _rewrite(view, extract.operands[0])


def _takes_all_in_order(view: Structured, extract: ir.OpView, known: KnownValues) -> bool:
    source, *indices = extract.operands
    shape, extents = view.result.type.shape, source.type.shape
    count = math.prod(shape)
    if not source.type.has_static_shape or math.prod(extents) != count or count > MOST_ELEMENTS:
        return False
    inside = known_inside(view, known)
    found = (inside.get(index, known.get(index)) for index in indices)
    tables = [table for table in found if table is not None]
    if not tables or len(tables) < len(indices):
        return False
    if any(t.min() < 0 or t.max() >= n for t, n in zip(tables, extents, strict=True)):
        return False
    at = np.ravel_multi_index(np.broadcast_arrays(*tables), extents)
    return np.array_equal(np.broadcast_to(at, shape).ravel(), np.arange(count))


def _rewrite(view: Structured, source: ir.Value) -> None:
    kind = view.result.type
    flat = ir.RankedTensorType.get([math.prod(kind.shape)], kind.element_type)
    with ir.InsertionPoint(view.op), view.op.location:
        row = tensor.CollapseShapeOp(flat, source, [list(range(source.type.rank))]).result
        shape = list(kind.shape)
        result = tensor.ExpandShapeOp(kind, row, [list(range(len(shape)))], [], shape).result
    view.result.replace_all_uses_with(result)
    view.op.operation.erase()
