"""Feeds: what the operand of a tile is made of, where it is not just a slice of one buffer.

Padding is filled in, and the parts of a concatenation are put side by side, as the operator feeds
its array: the tensor belongs to the array and takes no place in the scratchpad.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod

from optimus_mlir.analysis.annotations import OPERATOR
from optimus_mlir.analysis.dataflow import Read
from optimus_mlir.analysis.views import View
from optimus_mlir.mlir import arith, bufferization, ir, linalg, tensor
from optimus_mlir.tiling.boxes import extract, insert


@dataclass(frozen=True)
class Part:
    """What one tensor contributes: `tile`, None if nothing, which lies at `low` of the operand."""

    read: Read
    tile: ir.Value | None
    low: list[int]


def by_operand(reads: Sequence[Read]) -> Iterator[list[int]]:
    """The positions in `reads` of the parts of each operand."""
    places = range(len(reads))
    for _, parts in groupby(places, lambda at: (reads[at].member, reads[at].operand)):
        yield list(parts)


def feed(operator: str, parts: Sequence[Part], shape: Sequence[int]) -> ir.Value:
    """The operand of this shape, from all its parts."""
    whole = [part.tile for part in parts if part.tile is not None and _covers(part.tile, shape)]
    if whole:
        return whole[0]
    label = ir.StringAttr.get(operator)
    element = parts[0].read.view.source.type.element_type
    operand = bufferization.alloc_tensor(ir.RankedTensorType.get(list(shape), element), [])
    fill = next((part.read.view.fill for part in parts if part.read.view.fill is not None), None)
    if fill is not None:
        operand = linalg.fill(arith.ConstantOp(element, fill).result, outs=[operand])
        operand.owner.attributes[OPERATOR] = label
    for part in parts:
        if part.tile is not None:
            operand = _put(part.tile, operand, part.low, label)
    return operand


def merged(tile: ir.Value, view: View, begin: Sequence[int], shape: Sequence[int]) -> ir.Value:
    """A tile of the source with its dimensions merged, and of that the part that the view has.

    `begin` and `shape` are given for all axes in the order of the source.
    """
    axes = sorted((*view.axes, *view.dropped), key=lambda axis: axis.dimensions)
    groups = [list(axis.dimensions) for axis in axes]
    whole = [prod(tile.type.shape[d] for d in group) for group in groups]
    kind = ir.RankedTensorType.get(whole, tile.type.element_type)
    collapsed = tensor.CollapseShapeOp(kind, tile, groups).result
    kept = [number for number, axis in enumerate(axes) if axis in view.axes]
    is_all = whole == list(shape) and not view.dropped
    return collapsed if is_all else extract(collapsed, begin, shape, kept)


def reshaped(value: ir.Value, shape: Sequence[int]) -> ir.Value:
    """A tensor with neighbouring dimensions merged."""
    groups: list[list[int]] = [[] for _ in shape]
    number = 0
    for d in range(value.type.rank):
        if groups[number] and prod(value.type.shape[i] for i in groups[number]) == shape[number]:
            number += number + 1 < len(shape)
        groups[number].append(d)
    kind = ir.RankedTensorType.get(list(shape), value.type.element_type)
    return tensor.CollapseShapeOp(kind, value, groups).result


def _covers(tile: ir.Value, shape: Sequence[int]) -> bool:
    return list(tile.type.shape) == list(shape)


def _put(tile: ir.Value, operand: ir.Value, low: list[int], label: ir.Attribute) -> ir.Value:
    shape = list(tile.type.shape)
    copied = linalg.copy(tile, outs=[extract(operand, low, shape)])
    copied.owner.attributes[OPERATOR] = label
    return insert(copied, operand, low, shape)
