"""Parts of tensors that are joined get places of their own where no view can say what is joined.

A concatenation is a view of its inputs if nothing of them lies beside what it takes: a reader that asks
for what is next to half of a tensor would get the other half. Every second pixel is no box either.

Before: %h = tensor.extract_slice %x[0, 8] [n, 8] [1, 1], %c = tensor.concat dim(1) %y, %h
After:  %h = generic{x}(%x[.., 8 + d]), %c = tensor.concat dim(1) %y, %h
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimus_mlir.analysis.structured import PARALLEL, generic, top_level_ops
from optimus_mlir.analysis.views import is_view, views_of
from optimus_mlir.mlir import func, ir, linalg, tensor


def copy_joined_parts(module: ir.Module) -> None:
    for op in top_level_ops(module):
        if isinstance(op, tensor.ConcatOp) and _is_read(op):
            with ir.InsertionPoint(op), op.location:
                for number, below, above in _places(op):
                    if not _can_stand_between(op.inputs[number], op.dim.value, below, above):
                        op.operation.operands[number] = _copy(op.inputs[number])


def _is_read(op: Any) -> bool:
    """Whether the accelerator may read it; the host puts together what is returned."""
    return any(not isinstance(use.owner.opview, func.ReturnOp) for use in op.result.uses)


def _places(op: Any) -> Iterator[tuple[int, int, int]]:
    """Each input, with how many elements of others lie before and behind it."""
    begin, extent = 0, op.result.type.shape[op.dim.value]
    for number, value in enumerate(op.inputs):
        below, begin = begin, begin + value.type.shape[op.dim.value]
        yield number, below, extent - begin


def _can_stand_between(value: ir.Value, dimension: int, below: int, above: int) -> bool:
    owner = value.owner
    is_part = not isinstance(owner, ir.Block) and owner.name == tensor.ExtractSliceOp.OPERATION_NAME
    if is_part and not is_view(value):
        return False
    return all(view.leaves_room(dimension, below, above) for view in views_of(value))


def _copy(value: ir.Value) -> ir.Value:
    """With one dimension more, or MLIR would find that it is needless, and the same without it."""
    shape, element = list(value.type.shape), value.type.element_type
    rank = len(shape)
    empty = tensor.EmptyOp([*shape, 1], element).result
    same = ir.AffineMap.get_identity(rank + 1)
    op = generic([(value, same.get_submap(range(rank))), (empty, same)], [PARALLEL] * (rank + 1))
    with ir.InsertionPoint(op.regions[0].blocks[0]):
        linalg.YieldOp([op.regions[0].blocks[0].arguments[0]])
    groups = [[d] for d in range(rank - 1)] + [[rank - 1, rank]]
    return tensor.CollapseShapeOp(value.type, op.results[0], groups).result
