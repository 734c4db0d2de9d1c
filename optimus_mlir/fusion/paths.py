"""Plans as paths through the prefixes, and the cheapest if every group cost its least."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimus_mlir.fusion.lattice import Array, Lattice
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.stretch import Stretch

MOST_PREFIXES = 200  # a network that is nearly a chain
TAILS = (*((n,) for n in range(2, 9)), *((n, n - 1, n - 2) for n in (16, 32, 64, 128, 256)))
"""Sizes of tails to learn from: the first of each that says something."""
MOST_OPERATORS = 50_000  # in all of its groups together: their bounds take seconds


@dataclass
class Effort:
    """How many operators of groups may still be looked at: the same on every machine."""

    operators: int

    @property
    def is_spent(self) -> bool:
        return self.operators <= 0


class Paths:
    """Every group of a lattice: the prefixes that it lies between, and what it costs at the least.

    That is its compulsory traffic, until somebody asks for more with `sharpen`.
    """

    def __init__(self, prices: GroupPrices, stretch: Stretch, lattice: Lattice) -> None:
        self.prices = prices
        self.stretch = stretch
        self.lattice = lattice
        inside = [lattice.below(end) for end in range(1, len(lattice.prefixes))]
        counts = [len(begins) for begins, _ in inside]
        nowhere = np.zeros(0, np.int32)
        self.begin = np.concatenate([nowhere, *(b.astype(np.int32) for b, _ in inside)])
        self.least = np.concatenate([nowhere, *(n for _, n in inside)]) * prices.cost_per_element
        self.end = np.repeat(np.arange(1, len(lattice.prefixes), dtype=np.int32), counts)
        held = np.array([prefix.bit_count() for prefix in lattice.prefixes], np.int32)
        self.sizes = held[self.end] - held[self.begin]
        self._floor = self.least.copy()
        self._excess = np.full(len(self.begin), math.nan)  # not known
        self.is_sharp = np.zeros(len(self.begin), bool)
        first = np.concatenate([[0, 0], np.cumsum(counts)]).astype(np.int64)
        self._into = [range(int(a), int(b)) for a, b in pairwise(first)]
        by_begin = np.argsort(self.begin, kind="stable")
        last = np.searchsorted(self.begin[by_begin], np.arange(len(lattice.prefixes)), "right")
        self._from = np.split(by_begin, last[:-1])

    def into(self, end: int) -> range:
        """The groups that end in a prefix, small ones first."""
        return self._into[end]

    def members(self, edge: int) -> Operators:
        return self.stretch.members(self._group(edge))

    def _group(self, edge: int) -> int:
        end, begin = int(self.end[edge]), int(self.begin[edge])
        return self.lattice.prefixes[end] & ~self.lattice.prefixes[begin]

    def sharpen(self, edge: int) -> float:
        """The best bound there is of what a group costs; the price where it is known."""
        if not self.is_sharp[edge]:
            group = self._group(edge)
            least = math.inf
            if self.stretch.is_connected(group):
                least = self.prices.least_cost(self.stretch.members(group))
            self.least[edge] = max(self.least[edge], least)
            self.is_sharp[edge] = True
        return float(self.least[edge])

    def learn_from_tails(self, edge: int, enough: float) -> float:
        """What a group costs at the least by what its tails say, small ones first, until enough."""
        tails = self._tails(edge)
        for sizes in TAILS:
            if self.least[edge] >= enough or sizes[0] >= self.sizes[edge]:
                break
            any(self.learn_from(tails[size]) for size in sizes if size in tails)
        return float(self.least[edge])

    def learn_from(self, edge: int) -> bool:
        """Groups that this one is a tail of cost as much more than their floors as its excess, if any."""
        excess = self._excess[edge]
        if math.isnan(excess):
            excess = self._excess[edge] = self.prices.excess(self.members(edge))
            if excess > 0:
                larger = self._with_tail(edge)
                self.least[larger] = np.maximum(self.least[larger], self._floor[larger] + excess)
        return bool(excess > 0)

    def _with_tail(self, edge: int) -> Array:
        """The larger groups with the same last operator that end in the same prefix."""
        held, stop = self.lattice.holds, self._into[int(self.end[edge])].stop
        inner, begins = held[self.begin[edge]], held[self.begin[edge + 1 : stop]]
        last = self._group(edge).bit_length()
        is_larger = np.all(begins <= inner, axis=1)
        is_larger &= np.all(begins[:, last:] == inner[last:], axis=1)
        return edge + 1 + np.flatnonzero(is_larger)

    def _tails(self, edge: int) -> dict[int, int]:
        """Of each size one of the smaller groups that are tails of this one."""
        held, start = self.lattice.holds, self._into[int(self.end[edge])].start
        outer, begins = held[self.begin[edge]], held[self.begin[start:edge]]
        last = self._group(edge).bit_length()
        is_tail = np.all(begins >= outer, axis=1)
        is_tail &= np.all(begins[:, last - 1 :] == outer[last - 1 :], axis=1)
        return {int(self.sizes[tail]): int(tail) for tail in start + np.flatnonzero(is_tail)}

    def all_or_none(self) -> Effort:
        """Enough for every group, or nothing: what is not looked at is the cheapest way around."""
        operators = int(self.sizes.sum())
        return Effort(operators if operators <= MOST_OPERATORS else 0)

    def forget(self) -> None:
        """What is known of prices has grown: ask again."""
        self.is_sharp[:] = False

    def cost_to(self, effort: Effort, known: Array) -> Array:
        """The least that it costs to reach each prefix; those before are `known`."""
        cost = np.concatenate([known, np.zeros(len(self.lattice.prefixes) - len(known))])
        for end in range(max(1, len(known)), len(cost)):
            edges = self._into[end]
            begins = self.begin[edges.start : edges.stop]
            cost[end] = self._cheapest(np.array(edges), cost[begins], effort)
        return cost

    def cost_from(self, effort: Effort) -> Array:
        """The least that remains to be paid after each prefix."""
        cost = np.zeros(len(self.lattice.prefixes))
        for begin in reversed(range(len(cost) - 1)):
            edges = self._from[begin]
            cost[begin] = self._cheapest(edges, cost[self.end[edges]], effort)
        return cost

    def _cheapest(self, edges: Array, others: Array, effort: Effort) -> float:
        """The least of `others` plus an edge. Only what looks the cheapest is made sharp."""
        total = others + self.least[edges]
        while True:
            k = int(total.argmin())
            edge = int(edges[k])
            if self.is_sharp[edge] or effort.is_spent:
                return float(total[k])
            effort.operators -= int(self.sizes[edge])
            total[k] = others[k] + self.sharpen(edge)


def least_cost_of_plan(prices: GroupPrices, operators: Operators) -> float:
    """A lower bound of what any plan costs; 0 where there are too many groups to look at."""
    stretch = Stretch(prices.graph, operators)
    prefixes = stretch.prefixes(MOST_PREFIXES)
    if prefixes is None:
        return 0
    paths = Paths(prices, stretch, Lattice(stretch, prefixes))
    return float(paths.cost_to(paths.all_or_none(), np.zeros(1))[-1])
