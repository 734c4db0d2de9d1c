"""Regions: the part of a tensor that each step of a loop needs, one range per dimension.

A loop may be looked at with many tile sizes at once: the steps of all of them lie in one array, one
size after the other. What is summed up over steps is then one figure per size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost.schedule import Unschedulable
from optimus_mlir.workload import Linear

Steps = NDArray[np.int64]  # one figure per step, or per size: see the docstrings
Grid = NDArray[np.int64]  # one figure per combination of sizes, or what broadcasts to that

APART = 2**40  # more than any index: keeps the steps of different sizes apart


@dataclass(frozen=True, eq=False)
class Axis:
    """A loop of the schedule: `extent` elements, `sizes[i]` a step; the last step may be partial.

    `number` is the place of its sizes among those of other loops: the last but `number`-th dimension
    of a grid. An `inner` loop is one operator's own, within a tile step.
    """

    name: str
    extent: int
    sizes: tuple[int, ...]
    number: int = 0
    inner: bool = False

    @cached_property
    def steps(self) -> Steps:
        """How many steps each size makes."""
        return -(-self.extent // np.array(self.sizes))

    @cached_property
    def starts(self) -> Steps:
        """Where the steps of each size begin."""
        return np.concatenate([[0], np.cumsum(self.steps)[:-1]])

    @cached_property
    def apart(self) -> Steps:
        """Per step, an offset that grows from size to size."""
        return np.repeat(np.arange(len(self.sizes)), self.steps) * APART

    @property
    def only_steps(self) -> int:
        """The number of steps, where there is one size."""
        (steps,) = self.steps
        return int(steps)

    def on_grid(self, figures: Steps) -> Grid:
        """A figure per size as a figure per combination of sizes."""
        return figures.reshape(-1, *[1] * self.number)

    def summed(self, figures: Steps) -> Grid:
        return self.on_grid(np.add.reduceat(figures, self.starts))

    def most(self, figures: Steps) -> Grid:
        return self.on_grid(np.maximum.reduceat(figures, self.starts))


@lru_cache(maxsize=4096)
def tile_axis(name: str, extent: int, sizes: tuple[int, ...], number: int = 0) -> Axis:
    """The tile loop of this description: always the same object."""
    return Axis(name, extent, sizes, number)


@lru_cache(maxsize=4096)
def inner_axis(name: str, extent: int, size: int) -> Axis:
    """The inner loop of this description: always the same object."""
    return Axis(name, extent, (size,), inner=True)


@dataclass(frozen=True, eq=False)
class Range:
    """`[begin[t], end[t])` of one dimension at step t of `axis`; without an axis, one constant.

    Never changed once made, and compared by identity: what is derived from it can be remembered.
    """

    begin: Steps
    end: Steps
    axis: Axis | None = None
    _at_once: Callable[[], Range] | None = None

    @staticmethod
    def whole(extent: int) -> Range:
        return _whole(extent)

    @staticmethod
    def tiled(axis: Axis) -> Range:
        """The steps of an axis: a partition of its extent."""
        return _tiled(axis)

    @staticmethod
    def share(axis: Axis, extent: int) -> Range:
        """A partition of `extent` in proportion to the steps of an axis."""
        return _share(axis, extent)

    @cached_property
    def lengths(self) -> Steps:
        return self.end - self.begin

    @cached_property
    def longest(self) -> Grid:
        """The length at the step that has most, for each size."""
        return self.axis.most(self.lengths) if self.axis else self.lengths

    @cached_property
    def longest_later(self) -> Grid:
        """The same without the first step."""
        if self.axis is None:
            return self.lengths
        lengths = self.lengths.copy()
        lengths[self.axis.starts] = 0
        return self.axis.most(lengths)

    @cached_property
    def total(self) -> Grid:
        """The lengths of all steps together, for each size."""
        return self.axis.summed(self.lengths) if self.axis else self.lengths

    @cached_property
    def only_longest(self) -> int:
        """The length at the step that has most, where there is one size."""
        return int(self.longest.item())

    @cached_property
    def is_busy(self) -> bool:
        """Whether it has elements at every step."""
        return bool(self.lengths.min() > 0)

    @cached_property
    def is_idle(self) -> bool:
        """Whether it has no elements at any step."""
        return bool(self.lengths.max() <= 0)

    def is_all_of(self, extent: int) -> bool:
        """Whether it is the constant `[0, extent)`."""
        return self.axis is None and self.begin.item() == 0 and self.end.item() == extent

    def clamped(self, extent: int) -> Range:
        """Without what lies outside `[0, extent)`: padding is never fetched."""
        begin = np.minimum(np.maximum(self.begin, 0), extent)
        end = np.minimum(np.maximum(self.end, begin), extent)
        return Range(begin, end, self.axis, lambda: self.at_once.clamped(extent))

    def relative_to(self, origin: Range) -> Range:
        """The same range counted from where `origin` begins."""
        axis = common_axis((self, origin))
        return Range(self.begin - origin.begin, self.end - origin.begin, axis)

    def hull(self, other: Range) -> Range:
        """The smallest range that covers both at every step; an empty range covers nothing.

        What covers one that never moves does not move either.
        """
        return _hull(self, other)

    @cached_property
    def at_once(self) -> Range:
        """What the loop would need if it ran in one step: covers all steps, whatever their size."""
        return self._at_once() if self.axis and self._at_once else self

    def kept(self) -> Range:
        """What a window holds where the steps need `self`: elements enter in order and leave in order.

        From the first that this or a later step needs to the last that this or an earlier one did.
        """
        return _kept(self)

    def fresh(self) -> Range:
        """What enters a window that holds `self`: all of it but what the previous step had."""
        return _fresh(self)

    def covering(self, extent: int) -> Range:
        """A window that holds `self`, and through which all of `[0, extent)` passes.

        What no step needs comes with what lies behind it, or at the last step.
        """
        return _covering(self, extent)


@lru_cache(maxsize=4096)
def _whole(extent: int) -> Range:
    return Range(np.array([0]), np.array([extent]))


@lru_cache(maxsize=4096)
def _tiled(axis: Axis) -> Range:
    size = np.repeat(axis.sizes, axis.steps)
    begin = (np.arange(len(size)) - np.repeat(axis.starts, axis.steps)) * size
    return Range(begin, np.minimum(begin + size, axis.extent), axis, lambda: _whole(axis.extent))


@lru_cache(maxsize=4096)
def _share(axis: Axis, extent: int) -> Range:
    tile = _tiled(axis)
    begin, end = (-(-extent * edge // axis.extent) for edge in (tile.begin, tile.end))
    return Range(begin, end, axis, lambda: _whole(extent))


@lru_cache(maxsize=2**16)
def _hull(one: Range, other: Range) -> Range:
    if one is other:
        return one
    axis = common_axis((one, other))
    if axis and not (one.axis and other.axis):
        still, moving = (other, one) if one.axis else (one, other)
        return _hull(still, moving.at_once) if still.is_busy else moving
    begin, end = np.minimum(one.begin, other.begin), np.maximum(one.end, other.end)
    for r, rest in ((one, other), (other, one)):
        empty = r.lengths <= 0
        begin, end = np.where(empty, rest.begin, begin), np.where(empty, rest.end, end)
    at_once = (lambda: _hull(one.at_once, other.at_once)) if axis else None
    return Range(begin, end, axis, at_once)


@lru_cache(maxsize=2**16)
def _kept(needed: Range) -> Range:
    if needed.axis is None:
        return needed
    empty, apart = needed.lengths <= 0, needed.axis.apart
    begin = apart + np.where(empty, APART - 1, needed.begin)
    coming = np.minimum.accumulate(begin[::-1])[::-1] - apart
    seen = _seen(needed, needed.axis)
    begin = np.where(coming == APART - 1, seen, coming)
    return Range(begin, np.maximum(seen, begin), needed.axis, lambda: needed.at_once)


def _seen(needed: Range, axis: Axis) -> Steps:
    """Behind the last element that each step or an earlier one of the same size needs."""
    end = np.where(needed.lengths <= 0, 0, needed.end)
    return np.maximum.accumulate(axis.apart + end) - axis.apart


@lru_cache(maxsize=2**16)
def _fresh(window: Range) -> Range:
    if window.axis is None:
        return window
    before = np.concatenate([[0], window.end[:-1]])
    before[window.axis.starts] = 0
    begin = np.maximum(before, window.begin)
    return Range(begin, window.end, window.axis, lambda: window.at_once)


@lru_cache(maxsize=2**16)
def _covering(needed: Range, extent: int) -> Range:
    if needed.axis is None:
        return Range.whole(extent)
    end = _seen(needed, needed.axis)
    end[np.append(needed.axis.starts[1:], len(end)) - 1] = extent
    before = np.concatenate([[0], end[:-1]])
    before[needed.axis.starts] = 0
    begin = np.minimum(_kept(needed).begin, before)
    return Range(begin, end, needed.axis, lambda: _whole(extent))


def common_axis(ranges: Sequence[Range]) -> Axis | None:
    """The one axis that the ranges move along."""
    axes = list(dict.fromkeys(r.axis for r in ranges if r.axis is not None))
    if len(axes) > 1:
        names = " and ".join(axis.name for axis in axes)
        raise Unschedulable(f"a dimension depends on two tiled loops, {names}")
    return axes[0] if axes else None


def image(index: Linear, ranges: Sequence[Range]) -> Range:
    """The values that `index` takes where each of its loops runs over its range, not clamped.

    Where one of the ranges is empty there are none.
    """
    axis = common_axis(ranges)
    begin = end = np.array([index.constant])
    empty = np.array([False])
    for loop, r in zip(index.loops, ranges, strict=True):
        coefficient, first, last = index.coefficients[loop], r.begin, r.end - 1
        low, high = (first, last) if coefficient > 0 else (last, first)
        begin, end = begin + coefficient * low, end + coefficient * high
        empty = empty | (last < first)
    if index.is_of_blocks:
        begin, end = begin // index.divisor, end // index.divisor + index.span - 1
    at_once = (lambda: image(index, [r.at_once for r in ranges])) if axis else None
    return Range(begin, np.where(empty, begin, end + 1), axis, at_once)
