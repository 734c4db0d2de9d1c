"""The off-line solver: the cheapest of all partitions into convex, connected groups, with proof."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from optimus_mlir.fusion.lattice import Array, Lattice
from optimus_mlir.fusion.online import online
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.runs import orders
from optimus_mlir.fusion.solution import Partition, Patience, Solution
from optimus_mlir.fusion.stretch import Stretch

MOST_PREFIXES = 6000  # their pairs fill some hundred megabytes
SMALL_FIRST = (4, 8, 16)  # operators in a group: better plans are found there before time is out


@dataclass
class _Exact:
    """Dynamic programming over prefixes: `cost[p]` is the least for which prefix p can run.

    A group is looked at only if it could lead to a plan that costs less than `incumbent`, which is
    what the best plan known so far costs: nothing better is ever left out.
    """

    prices: GroupPrices
    stretch: Stretch
    lattice: Lattice
    incumbent: float

    def __post_init__(self) -> None:
        count = len(self.lattice.prefixes)
        self._inside = [self.lattice.below(end) for end in range(1, count)]
        self._sizes = np.array([prefix.bit_count() for prefix in self.lattice.prefixes])
        scale = self.prices.cost_per_element
        self._least = [elements * scale for _, elements in self._inside]
        self._rest = self._least_from_here()
        self._begin = [0] * count
        self.best: Partition | None = None

    def run(self, patience: Patience) -> float:
        """Improve `best` until it is the cheapest; a lower bound of what any plan costs."""
        for largest in (*SMALL_FIRST, len(self.stretch.operators)):
            self._cost = np.full(len(self.lattice.prefixes), math.inf)
            self._cost[0] = 0
            for end in range(1, len(self.lattice.prefixes)):
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
            group = self.lattice.prefixes[end] & ~self.lattice.prefixes[begin]
            groups.append(self.stretch.members(group))
            end = begin
        return groups[::-1]

    def _settle(self, end: int, largest: int, patience: Patience) -> bool:
        """Find the cheapest last group of a prefix, small groups first; False if time is out."""
        begins, _ = self._inside[end - 1]
        least, most = self._least[end - 1], self.incumbent - self._rest[end]
        is_small = self._sizes[end] - self._sizes[begins] <= largest
        for k in np.flatnonzero(is_small & (self._cost[begins] + least < most)):
            begin = int(begins[k])
            room = min(most, float(self._cost[end])) - self._cost[begin]
            if least[k] >= room:
                continue
            if patience.is_over():
                return False
            group = self.lattice.prefixes[end] & ~self.lattice.prefixes[begin]
            if self.stretch.is_connected(group):
                choice = self.prices.best(self.stretch.members(group), float(room))
                if choice is not None:
                    self._cost[end] = self._cost[begin] + self.prices.cost(choice.price)
                    self._begin[end] = begin
        return True

    def _least_from_here(self) -> Array:
        """What remains to be paid after each prefix, at the least."""
        rest = np.full(len(self.lattice.prefixes), math.inf)
        rest[-1] = 0
        for end in reversed(range(1, len(rest))):
            begins, _ = self._inside[end - 1]
            rest[begins] = np.minimum(rest[begins], self._least[end - 1] + rest[end])
        return rest

    def _bound(self, first: int) -> float:
        """The cheapest plan if all groups that end in unsettled prefixes cost their least."""
        least = self._cost.copy()
        for end in range(first, len(least)):
            begins, _ = self._inside[end - 1]
            least[end] = (least[begins] + self._least[end - 1]).min()
        return float(least[-1])


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
    search = _Exact(prices, stretch, lattice, prices.total(known.partition))
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
