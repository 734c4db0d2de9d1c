"""The schedule of a group with little energy or few cycles: families by bound, then for real.

What a schedule costs beyond its traffic takes long to find out, since the array maps tiles of every
size in their own way. So the members of a family are ranked by a lower bound, and the first of them
that fits is worked out: unlike the least traffic, the least energy is not proved to be found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimus_mlir.cost import Schedule
from optimus_mlir.cost.buffers import volume
from optimus_mlir.cost.program import Compute
from optimus_mlir.cost.region import Grid
from optimus_mlir.cost.traffic import walk
from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.finishing import with_larger_blocks
from optimus_mlir.fusion.objective import Figures, Objective
from optimus_mlir.fusion.schedules import Choice, cheapest


def most_frugal(space: Space, objective: Objective, below: float = math.inf) -> Schedule | None:
    """A schedule that has little of an objective; None if none was found below a cost.

    The best of these: the one with the least traffic, and of every family that which has the
    lowest bound of all that fit. Its blocks are as large as fit.
    """
    search = _Search(space, objective, below)
    search.run()
    return search.best


@dataclass(eq=False)
class _Search:
    """The best schedule so far, and what it costs."""

    space: Space
    objective: Objective
    cost: float
    best: Schedule | None = None

    def run(self) -> None:
        self._try_least_traffic()
        families = [(self._bounds(costs), costs) for costs in self.space.families()]
        for bounds, costs in sorted(families, key=lambda pair: pair[0].min()):
            if bounds.min() >= self.cost:
                break
            for member in self._members(costs):
                self._try_first_that_fits(member)

    def _try_least_traffic(self) -> None:
        most_bytes = self.cost / self.objective.per_dram_byte
        least_traffic = cheapest(
            self.space, most_bytes if math.isinf(most_bytes) else math.ceil(most_bytes)
        )
        if least_traffic is not None:
            self._take(least_traffic)

    def _members(self, costs: Costs) -> Iterator[Costs]:
        """The family with reductions in blocks and with streams, as long as that may pay."""
        for start, streams in self.space.streamed(costs):
            for count, (least, more_bytes) in enumerate(start.least_with(streams)):
                able = self._bounds(start, more_bytes) < self.cost
                if np.any(able & (least <= start.capacity)):
                    member = self.space.with_streams(start, streams[:count])
                    if member is not None:
                        yield member

    def _bounds(self, costs: Costs, more_bytes: Grid | None = None) -> Figures:
        """What the members cost at the least, whatever is added to their blocks."""
        moved = costs.bounds if more_bytes is None else costs.bounds_with(more_bytes)
        return self.objective.least(moved, _operations(costs, self.objective))

    def _try_first_that_fits(self, costs: Costs) -> None:
        bounds = bounds_of(costs, self.objective)
        some = np.flatnonzero(costs.fits() & (bounds < self.cost))
        for i in np.lexsort([grid.ravel()[some] for grid in (costs.steps, bounds)]):
            schedule = costs.schedule(int(some[i]))
            if costs.footprint_bytes(schedule) <= costs.capacity:
                self._take(schedule)
                return

    def _take(self, schedule: Schedule) -> None:
        group, accelerator = self.space.group, self.space.accelerator
        choice = Choice.of(group, schedule, accelerator)
        choice = with_larger_blocks(group, choice, accelerator)
        cost = self.objective.of(choice.price)
        if cost < self.cost:
            self.best, self.cost = choice.schedule, cost


def bounds_of(costs: Costs, objective: Objective) -> Figures:
    """What each member costs at the least, whatever the array makes of its tiles."""
    return objective.least(costs.dram_bytes, _operations(costs, objective))


def _operations(costs: Costs, objective: Objective) -> Figures:
    """What the operations of each member cost at the least, recomputed ones included."""
    total = np.zeros(1)
    for node, loops, guard in walk(costs.program.body):
        if isinstance(node, Compute) and node.loops:
            share = objective.per_operation(node.operator, costs.constants)
            total = total + share * volume(node.loops, loops, guard)
    return total
