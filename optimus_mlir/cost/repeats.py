"""What is moved or computed more than once, and which loop of the schedule is the reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost.buffers import Path
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.region import Axis, Range


@dataclass(frozen=True)
class Repeat:
    """Elements that come again because of a loop of so many `steps`.

    A halo is what neighbouring steps share; otherwise every step brings the whole again.
    """

    axis: Axis
    steps: int
    is_halo: bool
    elements: int


@dataclass(frozen=True)
class Visits:
    """A box at every step of some loops: its different elements, and those that come again."""

    distinct: int
    repeats: tuple[Repeat, ...]

    @property
    def total(self) -> int:
        return self.distinct + sum(repeat.elements for repeat in self.repeats)


def visits_of(box: Box, loops: Path, guard: Box = ()) -> Visits:
    """The elements of `box` over all steps of `loops` at which no range of `guard` is empty.

    Dimensions are independent, so the sum over all steps is a product of one factor per loop. The
    halos are counted first, each on what the loops before it bring; then what comes whole again.
    """
    if any(r.axis is None and not r.is_busy for r in guard):
        return Visits(0, ())
    still = math.prod(int(r.lengths.item()) for r in box if r.axis is None)
    factors = [_Factor.of(axis, box, guard) for axis in loops]
    elements = distinct = still * math.prod(factor.once for factor in factors)
    repeats: list[Repeat] = []
    for factor in sorted(factors, key=lambda factor: not factor.moves):
        more = elements * factor.total // factor.once - elements if factor.once else 0
        elements += more
        if more:
            repeats.append(Repeat(factor.axis, factor.steps, factor.moves, more))
    return Visits(distinct, tuple(repeats))


@dataclass(frozen=True)
class _Factor:
    """What one loop multiplies a volume by: once for its different elements, in total over its steps."""

    axis: Axis
    moves: bool
    steps: int
    once: int
    total: int

    @staticmethod
    def of(axis: Axis, box: Box, guard: Box) -> _Factor:
        busy = np.ones(axis.only_steps, dtype=bool)
        for r in guard:
            if r.axis is axis:
                busy &= r.lengths > 0
        moving = [r for r in box if r.axis is axis]
        lengths = math.prod((r.lengths for r in moving), start=busy.astype(np.int64))
        total = int(lengths.sum())
        once = min(total, math.prod(_covered(r, busy) for r in moving))
        return _Factor(axis, bool(moving), int(busy.sum()), once, total)


def _covered(r: Range, busy: NDArray[np.bool_]) -> int:
    """How many different indices the range takes at the busy steps."""
    intervals = sorted(zip(r.begin[busy].tolist(), r.end[busy].tolist(), strict=True))
    return _union(intervals)


def _union(intervals: Sequence[tuple[int, int]]) -> int:
    covered, reached = 0, -math.inf
    for begin, end in intervals:
        covered += max(0, end - int(max(begin, reached)))
        reached = max(reached, end)
    return covered
