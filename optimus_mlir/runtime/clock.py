"""When each instruction of a program runs: the clock of the emulated accelerator.

A sequencer issues instructions in the order of the program. One DMA engine moves bytes at
`dram_bytes_per_cycle`, in the order in which transfers are issued. The sequencer waits for the
array, and for transfers without a token; one with a token only joins the engine's queue.
Everything else takes no time. `cost/cycles.py` predicts the same from a schedule.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from optimus_mlir.cost.cycles import exact_rate
from optimus_mlir.errors import OptimusError
from optimus_mlir.runtime.interpreter import Event
from optimus_mlir.target import Accelerator

DMA = ("load", "store")


@dataclass(frozen=True)
class Clock:
    """How long an instruction takes, in cycles; without a rate one for each, to show an order."""

    dram_bytes_per_cycle: Fraction | None

    def duration(self, event: Event) -> Fraction:
        if event.kind in ("launch", "alloc", "wait"):
            return Fraction(0)
        if self.dram_bytes_per_cycle is None:
            return Fraction(1)
        return event.bytes / self.dram_bytes_per_cycle if event.kind in DMA else _busy(event)


def _busy(event: Event) -> Fraction:
    return Fraction(event.cycles if event.kind == "compute" else 0)


def clock_of(accelerator: Accelerator) -> Clock:
    rate = accelerator.dram_bytes_per_cycle
    return Clock(None if rate is None else exact_rate(rate))


@dataclass(frozen=True)
class Timed:
    """An event with its place in time, in cycles."""

    event: Event
    begin: Fraction
    duration: Fraction

    @property
    def end(self) -> Fraction:
        return self.begin + self.duration


def timed(events: Sequence[Event], clock: Clock) -> Iterator[Timed]:
    """Each event when it runs, in program order."""
    ends: dict[int, Fraction] = {}  # of transfers that were started
    now = engine_is_free = Fraction(0)
    for event in events:
        if event.kind == "wait" and event.transfer is not None:
            now = max(now, ends[event.transfer])
        begin = max(now, engine_is_free) if event.kind in DMA else now
        placed = Timed(event, begin, clock.duration(event))
        if event.kind in DMA:
            engine_is_free = placed.end
        if event.kind in DMA and event.transfer is not None:
            ends[event.transfer] = placed.end
        else:
            now = placed.end
        yield placed


def cycles_of_launches(events: Sequence[Event], accelerator: Accelerator) -> list[int]:
    """Whole cycles that each launch of a network takes."""
    clock = clock_of(accelerator)
    if clock.dram_bytes_per_cycle is None:
        raise OptimusError(f"{accelerator.name} does not say dram_bytes_per_cycle: no cycles")
    runs = itertools.groupby(events, lambda event: event.launch)
    return [math.ceil(max(each.end for each in timed(list(run), clock))) for _, run in runs]
