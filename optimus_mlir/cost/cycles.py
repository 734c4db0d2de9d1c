"""Time: what the array computes and DMA transfers, one after the other or overlapped.

One DMA engine serves loads and stores in order. With double buffering it loads the next step's
data while the array computes, and no further ahead: the third copy would have no space.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from optimus_mlir.target import Accelerator

Bound = Literal["compute", "dram"]


@dataclass(frozen=True)
class Stage:
    """`count` like steps in a row: each loads, computes on what was loaded, and stores.

    The step behind one that `drains` waits for its stores.
    """

    count: int
    load_bytes: int
    store_bytes: int
    compute_cycles: int
    drains: bool = False


@dataclass(frozen=True)
class Time:
    """Cycles of a sequence of stages; None where the accelerator does not say how fast DRAM is."""

    compute_cycles: int
    dma_cycles: int | None
    cycles: int | None
    seconds: float | None

    @property
    def bound(self) -> Bound | None:
        """What to make faster: the larger of the two."""
        if self.dma_cycles is None:
            return None
        return "dram" if self.dma_cycles > self.compute_cycles else "compute"


def time_of(stages: Iterable[Stage], accelerator: Accelerator) -> Time:
    stages = [stage for stage in stages if stage.count]
    compute_cycles = sum(stage.count * stage.compute_cycles for stage in stages)
    if accelerator.dram_bytes_per_cycle is None:
        return Time(compute_cycles, None, None, None)
    rate = exact_rate(accelerator.dram_bytes_per_cycle)
    steps = [_Steps.of(stage, rate) for stage in stages]
    dma = sum(step.count * (step.load + step.store) for step in steps)
    serial = dma + compute_cycles * rate.numerator
    ticks = _overlapped(steps) if accelerator.double_buffering else serial
    cycles = math.ceil(Fraction(ticks, rate.numerator))
    frequency = accelerator.frequency_mhz
    seconds = None if frequency is None else cycles / (frequency * 1e6)
    return Time(compute_cycles, math.ceil(Fraction(dma, rate.numerator)), cycles, seconds)


def exact_rate(bytes_per_cycle: float) -> Fraction:
    """The rate as it is written: 2.4 is 12/5, so that no transfer takes a little more or less."""
    return Fraction(str(bytes_per_cycle))


@dataclass(frozen=True)
class _Steps:
    """A stage in ticks, `rate.numerator` of which are a cycle: a byte takes a whole number of them."""

    count: int
    load: int
    store: int
    compute: int
    drains: bool

    @staticmethod
    def of(stage: Stage, rate: Fraction) -> _Steps:
        return _Steps(
            stage.count,
            stage.load_bytes * rate.denominator,
            stage.store_bytes * rate.denominator,
            stage.compute_cycles * rate.numerator,
            stage.drains,
        )


@dataclass(frozen=True)
class _Clock:
    """When the DMA engine is free, and when the last and the last but one computation ended."""

    dma: int = 0
    computed: int = 0
    before: int = 0
    to_store: int = 0  # ticks of the store that waits for the last computation
    drains: bool = False  # whether the next computation waits for that store

    def after(self, step: _Steps) -> _Clock:
        """One more step: its load goes ahead of the store of the step before."""
        loaded = max(self.dma, self.before) + step.load
        stored = max(loaded, self.computed) + self.to_store if self.to_store else loaded
        computed = max(stored if self.drains else loaded, self.computed) + step.compute
        return _Clock(stored, computed, self.computed, step.store, step.drains)

    def later(self, other: _Clock, times: int) -> _Clock:
        """`times` more steps like that which led here from `other`."""
        return _Clock(
            self.dma + times * (self.dma - other.dma),
            self.computed + times * (self.computed - other.computed),
            self.before + times * (self.before - other.before),
            self.to_store,
            self.drains,
        )


def _overlapped(steps: Iterable[_Steps]) -> int:
    clock = _Clock()
    for step in steps:
        clock = _run(clock, step)
    return max(clock.dma, clock.computed) + clock.to_store


def _run(clock: _Clock, step: _Steps) -> _Clock:
    """All of a stage: step by step until a step only adds to the clock, the rest at once.

    From then on all steps add the same: a clock that is later by so much runs later by so much.
    """
    done, before = 0, clock
    while done < step.count:
        before, clock, done = clock, clock.after(step), done + 1
        if _is_steady(before, clock):
            return clock.later(before, step.count - done)
    return clock


def _is_steady(before: _Clock, clock: _Clock) -> bool:
    moved = clock.dma - before.dma
    same_pace = moved == clock.computed - before.computed == clock.before - before.before
    same_store = (before.to_store, before.drains) == (clock.to_store, clock.drains)
    return same_pace and same_store
