"""The off-line solver: the cheapest of all partitions into convex, connected groups, with proof."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from optimus_mlir.fusion.lattice import Lattice
from optimus_mlir.fusion.online import online
from optimus_mlir.fusion.paths import Paths
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.runs import orders
from optimus_mlir.fusion.solution import Partition, Patience, Solution
from optimus_mlir.fusion.stretch import Stretch

MOST_PREFIXES = 6000  # their pairs fill some hundred megabytes
SMALL_FIRST = (4, 8, 16)  # operators in a group: better plans are found there before time is out


class _Exact:
    """Dynamic programming over prefixes: `cost[p]` is the least for which prefix p can run.

    A group is looked at only if it could lead to a plan that costs less than `incumbent`, which is
    what the best plan known so far costs: nothing better is ever left out.
    """

    def __init__(self, stretch: Stretch, paths: Paths, incumbent: float) -> None:
        self.stretch = stretch
        self.paths = paths
        self.prices = paths.prices
        self.incumbent = incumbent
        self._prefixes = paths.lattice.prefixes
        self._rest = paths.cost_from(paths.all_or_none())
        self._begin = [0] * len(self._prefixes)
        self.best: Partition | None = None

    def run(self, patience: Patience) -> float:
        """Improve `best` until it is the cheapest; a lower bound of what any plan costs."""
        for largest in (*SMALL_FIRST, len(self.stretch.operators)):
            self._cost = np.full(len(self._prefixes), math.inf)
            self._cost[0] = 0
            for end in range(1, len(self._prefixes)):
                if not self._settle(end, largest, patience):
                    settled = end if largest == len(self.stretch.operators) else 1
                    return min(self.incumbent, self._bound(settled))
            if self._cost[-1] < self.incumbent:
                self.incumbent = float(self._cost[-1])
                self.best = self._partition()
        return self.incumbent

    def _partition(self) -> Partition:
        groups: Partition = []
        end = len(self._begin) - 1
        while end:
            begin = self._begin[end]
            group = self._prefixes[end] & ~self._prefixes[begin]
            groups.append(self.stretch.members(group))
            end = begin
        return groups[::-1]

    def _settle(self, end: int, largest: int, patience: Patience) -> bool:
        """Find the cheapest last group of a prefix, small groups first; False if time is out."""
        most = self.incumbent - self._rest[end]
        for edge in self._worth_a_look(end, largest, most):
            begin = int(self.paths.begin[edge])
            room = min(most, float(self._cost[end])) - self._cost[begin]
            if self._is_refused(edge, float(room)):
                continue
            if patience.is_over():
                return False
            choice = self.prices.best(self.paths.members(edge), float(room))
            if choice is not None:
                self._cost[end] = self._cost[begin] + self.prices.cost(choice.price)
                self._begin[end] = begin
        return True

    def _is_refused(self, edge: int, room: float) -> bool:
        """Whether a bound says that the group costs as much as there is room for; cheap ones first."""
        paths = self.paths
        return (
            paths.least[edge] >= room
            or paths.learn_from_tails(edge, room) >= room
            or paths.sharpen(edge) >= room
        )

    def _worth_a_look(self, end: int, largest: int, most: float) -> Iterator[int]:
        first = self.paths.into(end).start
        edges = slice(first, self.paths.into(end).stop)
        begins = self.paths.begin[edges]
        is_small = self.paths.sizes[edges] <= largest
        is_cheap = self._cost[begins] + self.paths.least[edges] < most
        yield from (first + np.flatnonzero(is_small & is_cheap)).tolist()

    def _bound(self, first: int) -> float:
        """The cheapest plan if all groups that end in unsettled prefixes cost their least."""
        self.paths.forget()
        cost = self.paths.cost_to(self.paths.all_or_none(), self._cost[:first])
        return max(float(cost[-1]), float(self._rest[0]))


def offline(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """The cheapest partition of all, or the best found in time, with a bound for all others.

    A stretch with too many prefixes is searched along a few orders of its operators: then the bound
    is the floor.
    """
    known = online(prices, operators, patience)
    stretch = Stretch(prices.graph, operators)
    floor = stretch.least_elements(stretch.everything) * prices.cost_per_element
    everything = stretch.prefixes(MOST_PREFIXES)
    lattice = Lattice(stretch, everything or along_orders(stretch))
    paths = Paths(prices, stretch, lattice)
    search = _Exact(stretch, paths, prices.total(known.partition))
    bound = search.run(patience)
    return Solution(search.best or known.partition, bound if everything else floor)


def along_orders(stretch: Stretch) -> list[int]:
    """The prefixes of every order that the on-line solver looks at."""
    prefixes = {0}
    for order in orders(stretch):
        prefix = 0
        for i in order:
            prefix |= 1 << i
            prefixes.add(prefix)
    return sorted(prefixes, key=lambda p: (p.bit_count(), p))
