"""Boxes in IR: static sizes, and offsets that are constants or affine in a loop's step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.region import Axis, Range
from optimus_mlir.mlir import affine, ir, tensor
from optimus_mlir.tiling.segments import Segment

Offset = int | ir.Value


@dataclass(frozen=True)
class Position:
    """Where code stands in a loop: in one segment, at a `turn` of the round that `round` holds.

    Sizes are the same in all rounds of a segment: they can be asked for without one. Rounds count
    from the segment's first step on.
    """

    segment: Segment
    round: ir.Value | None
    turn: int = 0

    @property
    def first(self) -> int:
        """The step of this turn in the first round."""
        return self.segment.first + self.turn


Positions = Mapping[Axis, Position]


def size(r: Range, at: Positions) -> int:
    """The length of a range, the same in all rounds of a segment."""
    return int(r.lengths[at[r.axis].first if r.axis else 0])


def first_begin(r: Range, at: Positions) -> int:
    """Where the range begins in the first round of the segment."""
    return int(r.begin[at[r.axis].first if r.axis else 0])


def is_empty(box: Box, at: Positions) -> bool:
    return any(size(r, at) <= 0 for r in box)


def offset(r: Range, at: Positions) -> Offset:
    """Where the range begins, as a constant or as IR."""
    begin = first_begin(r, at)
    if r.axis is None or at[r.axis].segment.count == 1:
        return begin
    here = at[r.axis]
    pace = int(r.begin[here.first + here.segment.period]) - begin
    if pace == 0:
        return begin
    round_ = ir.AffineExpr.get_dim(0)
    expression = round_ * pace + (begin - pace * here.segment.first)
    return affine.apply(ir.AffineMap.get(1, 0, [expression]), [here.round])


def offsets(box: Sequence[Range], at: Positions) -> list[Offset]:
    return [offset(r, at) for r in box]


def sizes(box: Sequence[Range], at: Positions) -> list[int]:
    return [size(r, at) for r in box]


def extract(
    source: ir.Value, at: Sequence[Offset], shape: Sequence[int], kept: Sequence[int] | None = None
) -> ir.Value:
    """`tensor.extract_slice` with unit strides; only the dimensions `kept` remain."""
    kept = range(len(shape)) if kept is None else kept
    result = ir.RankedTensorType.get([shape[d] for d in kept], source.type.element_type)
    static, dynamic = _split(at)
    return tensor.ExtractSliceOp(
        result, source, dynamic, [], [], static, list(shape), [1] * len(shape)
    ).result


def insert(
    source: ir.Value, target: ir.Value, at: Sequence[Offset], shape: Sequence[int]
) -> ir.Value:
    """`tensor.insert_slice` with unit strides."""
    static, dynamic = _split(at)
    return tensor.InsertSliceOp(
        source, target, dynamic, [], [], static, list(shape), [1] * len(shape)
    ).result


def _split(offsets: Sequence[Offset]) -> tuple[list[int], list[ir.Value]]:
    hole = ir.ShapedType.get_dynamic_size()
    static = [o if isinstance(o, int) else hole for o in offsets]
    return static, [o for o in offsets if not isinstance(o, int)]
