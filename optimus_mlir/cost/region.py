"""Regions: the part of a tensor that each step of a loop needs, one range per dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost.schedule import Unschedulable
from optimus_mlir.workload import Linear

Steps = NDArray[np.int64]

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Axis:
    """A loop of the schedule: `extent` elements, `size` a step; the last step may be partial."""

    name: str
    extent: int
    size: int

    @property
    def steps(self) -> int:
        return -(-self.extent // self.size)


@dataclass(frozen=True, eq=False)
class Range:
    """`[begin[t], end[t])` of one dimension at step t of `axis`; without an axis, one constant.

    Never changed once made, and compared by identity: what is derived from it can be remembered.
    """

    begin: Steps
    end: Steps
    axis: Axis | None = None

    @staticmethod
    def whole(extent: int) -> Range:
        return _whole(extent)

    @staticmethod
    def tiled(axis: Axis) -> Range:
        """The steps of an axis: a partition of its extent."""
        return _tiled(axis)

    @cached_property
    def lengths(self) -> Steps:
        return self.end - self.begin

    @cached_property
    def longest(self) -> int:
        """The length at the step that has most."""
        return int(self.lengths.max())

    @cached_property
    def shortest(self) -> int:
        """The length at the step that has least."""
        return int(self.lengths.min())

    @cached_property
    def total(self) -> int:
        """The lengths of all steps together."""
        return int(self.lengths.sum())

    def clamped(self, extent: int) -> Range:
        """Without what lies outside `[0, extent)`: padding is never fetched."""
        begin = np.minimum(np.maximum(self.begin, 0), extent)
        end = np.minimum(np.maximum(self.end, begin), extent)
        return Range(begin, end, self.axis)

    def relative_to(self, origin: Range) -> Range:
        """The same range counted from where `origin` begins."""
        axis = common_axis((self, origin))
        return Range(self.begin - origin.begin, self.end - origin.begin, axis)

    def hull(self, other: Range) -> Range:
        """The smallest range that covers both at every step; an empty range covers nothing."""
        return _hull(self, other)

    def settled(self) -> Range:
        """Without the axis, if all steps are the same, or all empty."""
        if self.axis is None:
            return self
        if not self.longest:
            return Range.whole(0)
        return (
            self if np.ptp(self.begin) or np.ptp(self.end) else Range(self.begin[:1], self.end[:1])
        )

    def kept(self) -> Range:
        """What a window holds where the steps need `self`: elements enter in order and leave in order.

        From the first that this or a later step needs to the last that this or an earlier one did.
        """
        return _kept(self)

    def fresh(self) -> Range:
        """What enters a window that holds `self`: all of it but what the previous step had."""
        return _fresh(self)


@lru_cache(maxsize=4096)
def _whole(extent: int) -> Range:
    return Range(np.array([0]), np.array([extent]))


@lru_cache(maxsize=4096)
def _tiled(axis: Axis) -> Range:
    begin = np.arange(axis.steps) * axis.size
    return Range(begin, np.minimum(begin + axis.size, axis.extent), axis)


@lru_cache(maxsize=2**16)
def _hull(one: Range, other: Range) -> Range:
    axis = common_axis((one, other))
    begin, end = np.minimum(one.begin, other.begin), np.maximum(one.end, other.end)
    for r, rest in ((one, other), (other, one)):
        empty = r.lengths <= 0
        begin, end = np.where(empty, rest.begin, begin), np.where(empty, rest.end, end)
    return Range(begin, end, axis).settled()


@lru_cache(maxsize=2**16)
def _kept(needed: Range) -> Range:
    empty = needed.lengths <= 0
    coming = np.minimum.accumulate(np.where(empty, NEVER, needed.begin)[::-1])[::-1]
    seen = np.maximum.accumulate(np.where(empty, 0, needed.end))
    begin = np.where(coming == NEVER, seen, coming)
    return Range(begin, np.maximum(seen, begin), needed.axis).settled()


@lru_cache(maxsize=2**16)
def _fresh(window: Range) -> Range:
    begin = window.begin.copy()
    begin[1:] = np.maximum(window.end[:-1], begin[1:])
    return Range(begin, window.end, window.axis)


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
    begin = end = np.array([index.constant])
    empty = np.array([False])
    for loop, r in zip(index.loops, ranges, strict=True):
        coefficient, first, last = index.coefficients[loop], r.begin, r.end - 1
        low, high = (first, last) if coefficient > 0 else (last, first)
        begin, end = begin + coefficient * low, end + coefficient * high
        empty = empty | (last < first)
    return Range(begin, np.where(empty, begin, end + 1), common_axis(ranges))
