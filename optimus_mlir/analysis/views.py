"""Views: padding, slices, concatenations and unit dimensions between tensors and the op that reads them.

They move no data of their own. A reader of a view is a reader of its sources, at other indices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from optimus_mlir.mlir import ir
from optimus_mlir.workload import Linear


@dataclass(frozen=True)
class View:
    """One of the tensors that a value is made of, and where it lies in the value.

    Element x of dimension `kept[d]` of `source` is element `x - shift[kept[d]]` of dimension d of
    the value; the source's other dimensions have one element, at `shift`. What no source covers is
    `fill` (a scalar constant; None where there is nothing to fill). `whole[d]`: whether the value
    begins before the source's dimension d does, and ends after it; if so, what lies beside it there
    belongs to others.
    """

    source: ir.Value
    shift: tuple[int, ...]
    kept: tuple[int, ...]
    whole: tuple[tuple[bool, bool], ...]
    fill: ir.Attribute | None = None

    def indices(self, read: tuple[Linear, ...]) -> tuple[Linear, ...]:
        """The source's indices for a read of the value."""
        loops = len(read[0].coefficients) if read else 0
        position = dict(zip(self.kept, read, strict=True))
        none = Linear((0,) * loops)
        return tuple(
            Linear(position.get(d, none).coefficients, position.get(d, none).constant + shift)
            for d, shift in enumerate(self.shift)
        )

    def moved(self, by: list[int]) -> View:
        """The same view of a value whose dimension d begins `by[d]` elements later."""
        shift = list(self.shift)
        for dimension, distance in zip(self.kept, by, strict=True):
            shift[dimension] += distance
        return replace(self, shift=tuple(shift))

    def leaves_room(self, dimension: int, below: int, above: int) -> bool:
        """Whether others can lie so many elements before and after the value."""
        begins, ends = self.whole[self.kept[dimension]]
        return (begins or not below) and (ends or not above)


Views = tuple[View, ...]


def views_of(value: ir.Value) -> Views:
    """The tensors behind `value`; a value that is no view is a view of itself, unchanged."""
    if not isinstance(value.owner, ir.Block):
        seen_through = VIEWS.get(value.owner.name)
        if seen_through is not None and (views := seen_through(value.owner.opview)):
            return views
    rank = value.type.rank
    return (View(value, (0,) * rank, tuple(range(rank)), ((True, True),) * rank),)


def is_view(value: ir.Value) -> bool:
    """Whether readers of the value are readers of other tensors."""
    return views_of(value)[0].source != value


def sources(value: ir.Value) -> Iterator[ir.Value]:
    """The value, and the tensors that it is a view of."""
    yield value
    if isinstance(value.type, ir.RankedTensorType):
        yield from (view.source for view in views_of(value))


def _padding(op: Any) -> Views | None:
    low, high = list(op.static_low), list(op.static_high)
    fill = pad_constant(op)
    if fill is None or min((*low, *high), default=0) < 0 or len(op.operands) > 1:
        return None
    views = views_of(op.source)
    if not _leave_room(views, low, high) or _fills(views) - {fill}:
        return None
    return tuple(replace(view.moved([-n for n in low]), fill=fill) for view in views)


def pad_constant(op: Any) -> ir.Attribute | None:
    """The constant that a tensor.pad adds, if it is one."""
    terminator = op.regions[0].blocks[0].operations[-1]
    return constant_of(terminator.operands[0])


def constant_of(value: ir.Value) -> ir.Attribute | None:
    if isinstance(value.owner, ir.Block) or value.owner.name != "arith.constant":
        return None
    return value.owner.attributes["value"]


def _leave_room(views: Views, low: list[int], high: list[int]) -> bool:
    """Whether others can lie so many elements beside a value that consists of `views`."""
    return all(
        view.leaves_room(d, *beside)
        for view in views
        for d, beside in enumerate(zip(low, high, strict=True))
    )


def _fills(views: Views) -> set[ir.Attribute]:
    return {view.fill for view in views if view.fill is not None}


def _collapsed(op: Any) -> Views | None:
    kept = dropped_units(op)
    if kept is None:
        return None
    return tuple(replace(v, kept=tuple(v.kept[d] for d in kept)) for v in views_of(op.src))


def dropped_units(op: Any) -> tuple[int, ...] | None:
    """The dimensions that a tensor.collapse_shape keeps, if it only drops some of length 1."""
    shape = op.src.type.shape
    kept: list[int] = []
    for attribute in op.attributes["reassociation"]:
        dimensions = [int(d) for d in attribute]
        wide = [d for d in dimensions if shape[d] != 1] or dimensions[:1]
        if len(wide) != 1:
            return None
        kept.append(wide[0])
    return tuple(kept)


def _slice(op: Any) -> Views | None:
    if len(op.operands) > 1 or any(stride != 1 for stride in op.static_strides):
        return None
    offsets, sizes = list(op.static_offsets), list(op.static_sizes)
    kept = matched(sizes, op.result.type.shape)
    if kept is None:
        return None
    return tuple(_sliced(view, offsets, sizes, kept) for view in views_of(op.source))


def _sliced(view: View, offsets: list[int], sizes: list[int], kept: list[int]) -> View:
    whole = list(view.whole)
    for d, dimension in enumerate(view.kept):
        begin = view.shift[dimension] + offsets[d]
        begins, ends = whole[dimension]
        ends = ends and begin + sizes[d] >= _extent(view, dimension)
        whole[dimension] = begins and begin <= 0, ends
    moved = view.moved(offsets)
    return replace(moved, kept=tuple(view.kept[d] for d in kept), whole=tuple(whole))


def _extent(view: View, dimension: int) -> int:
    return view.source.type.shape[dimension]


def matched(sizes: list[int], shape: list[int]) -> list[int] | None:
    """The dimensions of a slice that its result keeps; those of length 1 may go."""
    kept: list[int] = []
    for d, size in enumerate(sizes):
        rest = shape[len(kept) :]
        if rest and size == rest[0] and len(sizes) - d >= len(rest):
            kept.append(d)
        elif size != 1:
            return None
    return kept if len(kept) == len(shape) else None


def _concatenation(op: Any) -> Views | None:
    dimension = op.dim.value
    parts: list[View] = []
    begin = 0
    for value in op.inputs:
        views = views_of(value)
        by = [0] * value.type.rank
        by[dimension] = -begin
        below, begin = begin, begin + value.type.shape[dimension]
        above = op.result.type.shape[dimension] - begin
        if not all(view.leaves_room(dimension, below, above) for view in views):
            return None
        parts += [view.moved(by) for view in views]
    return tuple(parts) if len(_fills(tuple(parts))) < 2 else None


def _insertion(op: Any) -> Views | None:
    """A chain of insertions into nothing, or into a fill."""
    if len(op.operands) > 2 or any(stride != 1 for stride in op.static_strides):
        return None
    if op.source.type.rank != op.dest.type.rank or isinstance(op.dest.owner, ir.Block):
        return None
    views = views_of(op.source)
    low, shapes = list(op.static_offsets), (op.source.type.shape, op.dest.type.shape)
    high = [whole - n - offset for n, whole, offset in zip(*shapes, low, strict=True)]
    if not _leave_room(views, low, high):
        return None
    fill, others = _beneath(op.dest)
    if fill is None and not others and op.dest.owner.name != "tensor.empty":
        return None
    inserted = [view.moved([-n for n in low]) for view in views]
    fills = _fills((*views, *others)) | ({fill} if fill else set())
    if len(fills) > 1:
        return None
    return tuple(replace(v, fill=next(iter(fills), None)) for v in (*others, *inserted))


def _beneath(value: ir.Value) -> tuple[ir.Attribute | None, Views]:
    """What a tensor holds that something is inserted into: a constant, or what was inserted before."""
    if value.owner.name == "linalg.fill":
        return constant_of(value.owner.operands[0]), ()
    if value.owner.name == "tensor.insert_slice":
        return None, _insertion(value.owner.opview) or ()
    return None, ()


VIEWS = {
    "tensor.pad": _padding,
    "tensor.collapse_shape": _collapsed,
    "tensor.extract_slice": _slice,
    "tensor.concat": _concatenation,
    "tensor.insert_slice": _insertion,
}
