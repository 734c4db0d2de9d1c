"""What a larger or smaller scratchpad would do for one group."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost import build_program
from optimus_mlir.cost.footprint import footprint_bytes
from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph


@dataclass(frozen=True)
class Capacity:
    """With so many bytes of scratchpad a group moves no more than so many DRAM bytes."""

    scratchpad_bytes: int
    dram_bytes: int


@dataclass(frozen=True)
class Capacities:
    """The smallest scratchpads in which a group runs, moves less than it does, and moves the least.

    `better` is None if no schedule moves less. The least is that of the schedule space, which is
    the group's floor wherever some schedule brings every element once.
    """

    smallest: Capacity
    better: Capacity | None
    least: Capacity


def capacities(group: Graph, accelerator: Accelerator, dram_bytes: int) -> Capacities:
    """Every schedule of the space is looked at once; the group moves `dram_bytes` today."""

    def moved_in(scratchpad_bytes: int) -> int:
        """What the best schedule moves in a scratchpad of this size."""
        sized = accelerator.model_copy(update={"scratchpad_bytes": scratchpad_bytes})
        choice = best_schedule(group, sized)
        assert choice is not None
        return choice.price.dram_bytes

    return capacities_among(Space(group, accelerator).members(), moved_in, dram_bytes)


def capacities_among(
    members: Iterable[Costs], moved_in: Callable[[int], int], dram_bytes: int
) -> Capacities:
    """The same for some families, of which the best moves so much in a scratchpad of a size."""
    smallest, better, least = _Least(), _Least(), _Least()
    for costs in members:
        moved = costs.dram_bytes.ravel()
        smallest.look_at(costs, np.full(moved.shape, True))
        better.look_at(costs, moved < dram_bytes)
        if moved.min() < least.dram_bytes:
            least = _Least(dram_bytes=int(moved.min()))
        least.look_at(costs, moved == least.dram_bytes)
    assert math.isfinite(smallest.footprint)  # it runs already
    first, next_best = (
        Capacity(int(of.footprint), moved_in(int(of.footprint))) if of.is_known else None
        for of in (smallest, better)
    )
    assert first is not None
    return Capacities(first, next_best, Capacity(int(least.footprint), int(least.dram_bytes)))


@dataclass
class _Least:
    """The smallest footprint so far of the schedules that were to be looked at."""

    footprint: float = math.inf
    dram_bytes: float = math.inf  # of those schedules, where it is what they have in common

    @property
    def is_known(self) -> bool:
        return math.isfinite(self.footprint)

    def look_at(self, costs: Costs, wanted: NDArray[np.bool_]) -> None:
        """Work out footprints as long as their lower bound says that they may be smaller."""
        for cell, bound in _by_bound(costs, wanted):
            if bound >= self.footprint:
                break
            program = build_program(costs.group, costs.schedule(cell))
            self.footprint = min(self.footprint, footprint_bytes(program, costs.accelerator))


def _by_bound(costs: Costs, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The places of the wanted schedules, with a lower bound of the footprint of each."""
    bounds = costs.least_bytes.ravel()
    some = np.flatnonzero(wanted)
    for cell in some[np.argsort(bounds[some], kind="stable")]:
        yield int(cell), int(bounds[cell])
