"""Padding comes before a transposition or a reshape of other dimensions.

So readers see it right behind what they read, where it is a view.

Before: %c = tensor.collapse_shape %x [[0, 1], [2]], %p = tensor.pad %c low[0, 1] high[0, 1]
After:  %p = tensor.pad %x low[0, 0, 1] high[0, 0, 1], %c = tensor.collapse_shape %p [[0, 1], [2]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optimus_mlir.analysis.structured import (
    dims_of,
    empty_like,
    is_permutation,
    producer,
    structured,
)
from optimus_mlir.analysis.views import pad_constant
from optimus_mlir.mlir import arith, ir, linalg, tensor
from optimus_mlir.normalize.reshaped_reads import groups_of, is_reshape


def pad_first(pad: Any) -> None:
    """Move padding with a constant before the reshapes that it has nothing to do with."""
    while isinstance(pad, tensor.PadOp) and len(pad.operands) == 1:
        fill, before = pad_constant(pad), producer(pad.source)
        if fill is None or before is None:
            return
        move = _before_reshape if is_reshape(before) else _before_transposition
        pad = move(pad, before, fill)


def _before_transposition(pad: Any, op: ir.OpView, fill: ir.Attribute) -> Any:
    copied = structured(op)
    if copied is None or not is_permutation(copied):
        return None
    order = dims_of(copied.maps[0]) or []
    low, high = ([sides[d] for d in order] for sides in (pad.static_low, pad.static_high))
    shape = [pad.result.type.shape[d] for d in order]
    with ir.InsertionPoint(pad), pad.location:
        moved = padded(copied.operands[0], low, high, shape, fill)
        empty = empty_like(pad.result)
        inverse = sorted(range(len(order)), key=lambda d: order[d])
        (result,) = linalg.transpose(moved.result, outs=[empty], permutation=inverse).result
    pad.result.replace_all_uses_with(result)
    pad.operation.erase()
    return moved


def _before_reshape(pad: Any, reshape: Any, fill: ir.Attribute) -> Any:
    """The padding of the reshape's source; None if there is none that does the same."""
    before = _sides(reshape, pad.static_low), _sides(reshape, pad.static_high)
    low, high = before
    if low is None or high is None:
        return None
    shape = [a + n + b for a, n, b in zip(low, reshape.src.type.shape, high, strict=True)]
    with ir.InsertionPoint(pad), pad.location:
        moved = padded(reshape.src, low, high, shape, fill)
        result = _reshaped_like(moved.result, reshape, pad.result.type)
    pad.result.replace_all_uses_with(result)
    pad.operation.erase()
    return moved


def _sides(reshape: Any, sides: Sequence[int]) -> list[int] | None:
    """Padding of the reshape's result as that of its source: where a group has one axis, or none."""
    groups = groups_of(reshape)
    if isinstance(reshape, tensor.CollapseShapeOp):
        if any(side and len(group) > 1 for side, group in zip(sides, groups, strict=True)):
            return None
        return [side for side, group in zip(sides, groups, strict=True) for _ in group]
    if any(sides[axis] and len(group) > 1 for group in groups for axis in group):
        return None
    return [sides[group[0]] for group in groups]


def _reshaped_like(value: ir.Value, reshape: Any, kind: ir.Type) -> ir.Value:
    if isinstance(reshape, tensor.CollapseShapeOp):
        return tensor.CollapseShapeOp(kind, value, groups_of(reshape)).result
    return tensor.ExpandShapeOp(kind, value, groups_of(reshape), [], kind.shape).result


def padded(
    source: ir.Value, low: list[int], high: list[int], shape: list[int], fill: ir.Attribute
) -> Any:
    kind = ir.RankedTensorType.get(shape, source.type.element_type)
    pad = tensor.PadOp(kind, source, [], [], low, high)
    index = ir.IndexType.get()
    block = pad.regions[0].blocks.append(
        *[index] * len(shape), arg_locs=[pad.location] * len(shape)
    )
    value = arith.ConstantOp(source.type.element_type, fill).result
    with ir.InsertionPoint(block):
        tensor.YieldOp(value)
    return pad
