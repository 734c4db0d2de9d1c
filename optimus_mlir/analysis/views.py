"""Views: padding, slices, concatenations and merged dimensions between tensors and who reads them.

They move no data of their own. A reader of a view is a reader of its sources, at other indices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from optimus_mlir.mlir import ir
from optimus_mlir.workload import Linear


@dataclass(frozen=True)
class Axis:
    """One dimension of a value, and where it lies in a source: there, element x is x + shift.

    It is one of the source's `dimensions`, or several of them merged into one, outermost first.
    `begins`: whether it begins before they do; if so, what lies there belongs to others. `ends`:
    whether it ends after them.
    """

    dimensions: tuple[int, ...]
    shift: int = 0
    begins: bool = True
    ends: bool = True

    @property
    def is_whole(self) -> bool:
        return self.begins and self.ends and not self.shift

    def indices(self, read: Linear, shape: Sequence[int]) -> Iterator[tuple[int, Linear]]:
        """The indices of its dimensions in a source of this shape where the value is read at `read`."""
        outermost, *others = self.dimensions
        block = prod(shape[d] for d in others)
        yield outermost, Linear(read.coefficients, read.constant + self.shift, block)
        for d in others:
            yield d, Linear((0,) * len(read.coefficients), span=shape[d])


@dataclass(frozen=True)
class View:
    """One of the tensors that a value is made of, and where it lies in the value.

    The value's dimensions are `axes`; of the axes `dropped` it has one element, the first. What no
    source covers is `fill` (a scalar constant; None where there is nothing to fill).
    """

    source: ir.Value
    axes: tuple[Axis, ...]
    dropped: tuple[Axis, ...] = ()
    fill: ir.Attribute | None = None

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Those of the source that the value has."""
        return tuple(d for axis in self.axes for d in axis.dimensions)

    @property
    def merges(self) -> bool:
        """Whether several dimensions of the source are one."""
        return any(len(axis.dimensions) > 1 for axis in (*self.axes, *self.dropped))

    def indices(self, read: tuple[Linear, ...]) -> tuple[Linear, ...]:
        """The source's indices for a read of the value."""
        first = Linear((0,) * len(read[0].coefficients) if read else ())
        axes, reads = (*self.axes, *self.dropped), (*read, *(first for _ in self.dropped))
        shape = self.source.type.shape
        found = dict(
            pair for axis, at in zip(axes, reads, strict=True) for pair in axis.indices(at, shape)
        )
        return tuple(found[d] for d in range(len(shape)))

    def merged(self, groups: Sequence[range]) -> View:
        """The same view of a source whose dimensions are merged as its own are."""
        number = {d: n for n, group in enumerate(groups) for d in group}
        axes = tuple(replace(a, dimensions=(number[a.dimensions[0]],)) for a in self.axes)
        firsts = {group.start for group in groups}
        dropped = (a for a in self.dropped if a.dimensions[0] in firsts)
        rest = tuple(replace(a, dimensions=(number[a.dimensions[0]],)) for a in dropped)
        return replace(self, axes=axes, dropped=rest)

    def moved(self, by: Sequence[int]) -> View:
        """The same view of a value whose dimension d begins `by[d]` elements later."""
        axes = (replace(a, shift=a.shift + n) for a, n in zip(self.axes, by, strict=True))
        return replace(self, axes=tuple(axes))

    def with_only(self, kept: Sequence[int]) -> View:
        """The same view of a value without its other dimensions, which have one element."""
        dropped = (axis for d, axis in enumerate(self.axes) if d not in kept)
        axes = tuple(self.axes[d] for d in kept)
        return replace(self, axes=axes, dropped=(*self.dropped, *dropped))

    def leaves_room(self, dimension: int, below: int, above: int) -> bool:
        """Whether others can lie so many elements before and after the value."""
        axis = self.axes[dimension]
        return (axis.begins or not below) and (axis.ends or not above)

    def extent(self, axis: Axis) -> int:
        return prod(self.source.type.shape[d] for d in axis.dimensions)


Views = tuple[View, ...]


def views_of(value: ir.Value) -> Views:
    """The tensors behind `value`; a value that is no view is a view of itself, unchanged."""
    if not isinstance(value.owner, ir.Block):
        seen_through = VIEWS.get(value.owner.name)
        if seen_through is not None and (views := seen_through(value.owner.opview)):
            return views
    return (View(value, tuple(Axis((d,)) for d in range(value.type.rank))),)


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
    """Dimensions are merged where all views have all of them but for the outermost."""
    groups, shape = _wide_groups(op), op.src.type.shape
    if not op.src.type.has_static_shape:
        return None
    views = [v.with_only([d for group in groups for d in group]) for v in views_of(op.src)]
    merged = [_merged(view, groups, shape) for view in views]
    return tuple(view for view in merged if view) if all(merged) else None


def _merged(view: View, groups: Sequence[Sequence[int]], shape: Sequence[int]) -> View | None:
    axes = iter(view.axes)
    merged: list[Axis] = []
    for _, *inner in groups:
        axis, others = next(axes), [next(axes) for _ in inner]
        if any(
            not a.is_whole or view.extent(a) != shape[d] for a, d in zip(others, inner, strict=True)
        ):
            return None
        dimensions = (d for a in (axis, *others) for d in a.dimensions)
        shift = axis.shift * prod(map(view.extent, others))
        merged.append(replace(axis, dimensions=tuple(dimensions), shift=shift))
    return replace(view, axes=tuple(merged))


def _wide_groups(op: Any) -> list[list[int]]:
    """The dimensions that a tensor.collapse_shape merges, without those of one element."""
    shape = op.src.type.shape
    groups = [[int(d) for d in group] for group in op.attributes["reassociation"]]
    return [[d for d in group if shape[d] != 1] or group[:1] for group in groups]


def only_drops_units(op: Any) -> bool:
    """Whether a tensor.collapse_shape merges nothing."""
    return all(len(group) == 1 for group in _wide_groups(op))


def _slice(op: Any) -> Views | None:
    if len(op.operands) > 1 or any(stride != 1 for stride in op.static_strides):
        return None
    offsets, sizes = list(op.static_offsets), list(op.static_sizes)
    kept = matched(sizes, op.result.type.shape)
    if kept is None:
        return None
    return tuple(_sliced(view, offsets, sizes).with_only(kept) for view in views_of(op.source))


def _sliced(view: View, offsets: list[int], sizes: list[int]) -> View:
    axes: list[Axis] = []
    for axis, offset, size in zip(view.axes, offsets, sizes, strict=True):
        begin = axis.shift + offset
        begins, ends = begin <= 0, begin + size >= view.extent(axis)
        axes.append(Axis(axis.dimensions, begin, axis.begins and begins, axis.ends and ends))
    return replace(view, axes=tuple(axes))


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
