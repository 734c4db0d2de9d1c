"""The cheapest schedule of one group: all tile sizes of a family at once, families by bound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.cost import Price, Schedule
from optimus_mlir.cost.price import price
from optimus_mlir.fusion.costs import Costs, Rank, Space
from optimus_mlir.fusion.space import Kind
from optimus_mlir.fusion.streaming import Stream
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Split
from optimus_mlir.workload.gaps import has_gaps


@dataclass(frozen=True)
class Choice:
    """A schedule that fits, and its price; or the `parts` of a split operator, and what all cost."""

    schedule: Schedule
    price: Price
    split: Split | None = None
    parts: tuple[Choice, ...] = ()

    @staticmethod
    def of(group: Graph, schedule: Schedule, accelerator: Accelerator) -> Choice:
        return Choice(schedule, price(group, schedule, accelerator))


def best_schedule(group: Graph, accelerator: Accelerator, below: float = math.inf) -> Choice | None:
    """The cheapest schedule of a group with its price: see `cheapest`."""
    best = cheapest(Space(group, accelerator), below)
    return best and Choice.of(group, best, accelerator)


def cheapest(
    space: Space, below: float = math.inf, excess: Mapping[Kind, float] | None = None
) -> Schedule | None:
    """The schedule with the least DRAM traffic that fits the scratchpad.

    None if none fits for less than `below` bytes. Kinds of families may be known to move so much
    more than the floor at the least. Among equals the one with the fewest
    multiply-accumulates wins, then the one with the fewest tile steps, then of blocks, then the
    first. The family that has the least traffic without blocks is tried first.
    """
    return _Search(space, below, excess or {}).run()


class _Search:
    """The cheapest schedule found so far, and how it ranks."""

    def __init__(self, space: Space, below: float, excess: Mapping[Kind, float]) -> None:
        self.space = space
        self.excess = excess
        self.best: Schedule | None = None
        self.rank: Rank = (below, -1, -1, -1)

    def run(self) -> Schedule | None:
        if self.space.floor >= self.rank[0]:
            return None
        if (all_at_once := self.space.all_at_once) is not None:
            self._improve(all_at_once)
        if self._is_unbeatable():
            return self.best
        for costs in sorted(self._promising(), key=lambda costs: costs.least_bound):
            if costs.least_bound > self.rank[0]:
                break
            if np.any(costs.could_rank(self.rank)):
                for start, streams in self.space.streamed(costs):
                    self._until_it_fits(start, streams)
        return self.best

    def _is_unbeatable(self) -> bool:
        """No traffic but the floor, with no loop: nothing is computed again or for nobody either."""
        dram_bytes, _, steps, blocks = self.rank
        cheap = (dram_bytes, steps, blocks) == (self.space.floor, 1, 0)
        return cheap and not has_gaps(self.space.group)

    def _promising(self) -> Iterator[Costs]:
        """The families that may win, alone or with some choice of blocks."""
        for kind in self.space.unlike:
            if self.space.floor + self.excess.get(kind, 0) > self.rank[0]:
                continue
            for costs in self.space.of_kind(kind):
                started = self.space.streamed(costs)
                if any(start.may_win(streams, self.rank) for start, streams in started):
                    yield costs

    def _until_it_fits(self, start: Costs, streams: Sequence[Stream]) -> None:
        """Stream more operators as long as some member is cheap enough but too large.

        Every stream takes space away and may add traffic. So numbers of streams with which nothing
        can be small and cheap enough are skipped, and nothing is gained by more of them once all
        that is cheap enough fits.
        """
        for count, could_win in enumerate(start.could_win(streams, self.rank)):
            if not np.any(could_win):
                continue
            costs = self.space.with_streams(start, streams[:count])
            if costs is None:
                continue
            self._improve(costs)
            if not np.any(costs.could_rank(self.rank, more_blocks=1)):
                return

    def _improve(self, costs: Costs) -> None:
        """Take the cheapest schedule of a family that fits, if it ranks before the best."""
        for schedule, rank in costs.ranked(self.rank):
            if costs.footprint_bytes(schedule) <= costs.capacity:
                self.best, self.rank = schedule, rank
                return


def smallest_footprint_bytes(group: Graph, accelerator: Accelerator) -> int | None:
    """The smallest scratchpad in which the group runs under any schedule; None under no schedule."""
    smallest = math.inf
    for costs in Space(group, accelerator).members():
        bounds = costs.least_bytes.ravel()
        for i in np.argsort(bounds, kind="stable"):
            if bounds[i] >= smallest:
                break
            smallest = min(smallest, costs.footprint_bytes(costs.schedule(int(i))))
    return None if math.isinf(smallest) else int(smallest)
