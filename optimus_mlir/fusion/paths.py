"""Plans as paths through the prefixes, and the cheapest if every group cost its least."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from optimus_mlir.fusion.lattice import Array, Lattice
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.stretch import Stretch, bits
from optimus_mlir.workload.softmax import attentions_in

MOST_PREFIXES = 200  # a network that is nearly a chain
TAILS = (2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256)
"""Sizes of tails to learn from."""
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
        counts = [len(each.begins) for each in inside]
        nowhere = np.zeros(0, np.int32)
        self.begin = np.concatenate([nowhere, *(each.begins.astype(np.int32) for each in inside)])
        least_elements = np.concatenate([nowhere, *(each.least_elements for each in inside)])
        self.least = least_elements * prices.cost_per_element
        self.end = np.repeat(np.arange(1, len(lattice.prefixes), dtype=np.int32), counts)
        held = np.array([prefix.bit_count() for prefix in lattice.prefixes], np.int32)
        self.sizes = held[self.end] - held[self.begin]
        self.floor = self.least.copy()
        self._words = self._as_words(lattice.prefixes)
        self.tails: dict[int, float] = {}  # what they cost beyond the floor
        self._attentions = list(stretch.sets(a.operators for a in attentions_in(prices.graph)))
        self.is_sharp = np.zeros(len(self.begin), bool)
        first = np.concatenate([[0, 0], np.cumsum(counts)]).astype(np.int64)
        self._into = [range(int(a), int(b)) for a, b in pairwise(first)]
        last = np.concatenate([nowhere, *(each.last for each in inside)])
        self._from = _places(self.begin, len(lattice.prefixes))
        self._by_last = _places(last, len(stretch.operators))

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
        inner = 0
        for tail in tails_of(self.stretch, self._group(edge)):
            if self.least[edge] >= enough:
                break
            self.learn_from(tail, inner)
            inner = tail
        return float(self.least[edge])

    def learn_from(self, tail: int, inner: int = 0) -> None:
        """Every group with this tail costs more than its floor: by the excess, if there is any.

        It was learned already from the `inner` tail of the tail.
        """
        if tail not in self.tails:
            self.add_tail(tail, self.prices.excess(*map(self.stretch.members, (tail, inner))))

    def add_tail(self, tail: int, excess: float) -> None:
        """The same, where the excess is known."""
        self.tails[tail] = excess
        if excess > 0:
            larger = self._with_tail(tail)
            self.least[larger] = np.maximum(self.least[larger], self.floor[larger] + excess)

    def _with_tail(self, tail: int) -> Array:
        """The groups that end with the same operator, hold the tail, and no other reader of it.

        Not those that are an attention, which may run in parts.
        """
        edges = self._by_last[tail.bit_length() - 1]
        others = self.stretch.readers_of(tail) & ~tail
        holds = self._words[self.end[edges]] ^ self._words[self.begin[edges]]
        wanted, unwanted = self._as_words([tail, others])
        has_tail = np.all((holds & wanted == wanted) & (holds & unwanted == 0), axis=1)
        for attention in self._as_words([a for a in self._attentions if not tail & ~a]):
            has_tail &= np.any(holds != attention, axis=1)
        return edges[has_tail]

    def _as_words(self, sets: Sequence[int]) -> Array:
        """Sets of operators as rows of bits."""
        count = -(-len(self.stretch.operators) // 64)
        data = b"".join(s.to_bytes(8 * count, "little") for s in sets)
        return np.frombuffer(data, np.uint64).reshape(len(sets), count)

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


def tails_of(stretch: Stretch, group: int) -> Iterator[int]:
    """Some tails of a group, small ones first, and at last the group."""
    tail, size = 1 << group.bit_length() - 1, 1
    for i in reversed(list(bits(group ^ tail))):
        readers = stretch.readers[i] & group
        if not readers & ~tail:
            tail, size = tail | 1 << i, size + 1
            if size in TAILS and tail != group:
                yield tail
    yield group


def _places(values: Array, count: int) -> list[Array]:
    """Where in an array each of the first few numbers stands."""
    order = np.argsort(values, kind="stable")
    ends = np.searchsorted(values[order], np.arange(count), "right")
    return np.split(order, ends[:-1])
