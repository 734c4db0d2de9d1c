"""Merge the two groups that gain most by it, again and again."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.solution import Partition, Patience
from optimus_mlir.fusion.stretch import Stretch, bits

LARGEST = 64  # operators in a merged group: what a group costs takes longer the larger it is


class Merging:
    """A partition that grows coarser; groups are sets of operators of `stretch`."""

    def __init__(
        self, prices: GroupPrices, stretch: Stretch, groups: list[int], patience: Patience
    ) -> None:
        self.prices = prices
        self.stretch = stretch
        self.patience = patience
        self.groups = dict(enumerate(groups))
        self.cost = {number: self._cost(group, math.inf) for number, group in self.groups.items()}
        self.group_of = {i: n for n, group in self.groups.items() for i in bits(group)}
        self._next = len(groups)
        self._offers: list[tuple[float, int, int]] = []

    def run(self) -> list[int]:
        """Merge until nothing is gained; ties are broken by the order of the groups.

        When time is out, no other merges are thought of.
        """
        for number in self.groups:
            self._offer(number)
        while self._offers:
            loss, a, b = heapq.heappop(self._offers)
            if a in self.groups and b in self.groups and not self._is_between(a, b):
                self._merge(a, b, loss)
        return sorted(self.groups.values())

    def _offer(self, a: int) -> None:
        for b in self._near(a):
            if (self.groups[a] | self.groups[b]).bit_count() > LARGEST:
                continue
            if self.patience.is_over():
                return
            apart = self.cost[a] + self.cost[b]
            cost = self._cost(self.groups[a] | self.groups[b], apart)
            if cost < apart:
                heapq.heappush(self._offers, (cost - apart, min(a, b), max(a, b)))

    def _merge(self, a: int, b: int, loss: float) -> None:
        number = self._next
        self._next += 1
        group = self.groups.pop(a) | self.groups.pop(b)
        self.cost[number] = self.cost.pop(a) + self.cost.pop(b) + loss
        self.groups[number] = group
        self.group_of |= dict.fromkeys(bits(group), number)
        self._offer(number)

    def _near(self, a: int) -> Iterator[int]:
        """Groups that share a feature map with a."""
        found = 0
        for i in bits(self.groups[a]):
            found |= self.stretch.neighbours[i]
        yield from sorted({self.group_of[i] for i in bits(found & ~self.groups[a])})

    def _is_between(self, a: int, b: int) -> bool:
        """Whether a third group needs one of the two and is needed by the other.

        Operators are numbered in program order: what b needs comes before the last of b.
        """
        return self._reaches(a, b) or self._reaches(b, a)

    def _reaches(self, a: int, b: int) -> bool:
        last = self.groups[b].bit_length()
        seen = {a}
        waiting = [n for n in self._after(a) if n != b]
        while waiting:
            number = waiting.pop()
            if number in seen or _first(self.groups[number]) >= last:
                continue
            seen.add(number)
            after = self._after(number)
            if b in after:
                return True
            waiting += after
        return False

    def _after(self, a: int) -> set[int]:
        readers = 0
        for i in bits(self.groups[a]):
            readers |= self.stretch.readers[i]
        return {self.group_of[i] for i in bits(readers & ~self.groups[a])}

    def _cost(self, group: int, below: float) -> float:
        return self.prices.cost_below(self.stretch.members(group), below)


def _first(group: int) -> int:
    return (group & -group).bit_length() - 1


def merged(
    prices: GroupPrices, stretch: Stretch, partition: Partition, patience: Patience
) -> Partition:
    """The partition after all merges that pay."""
    number = {operator.name: i for i, operator in enumerate(stretch.operators)}
    groups = [sum(1 << number[operator.name] for operator in group) for group in partition]
    return [stretch.members(group) for group in Merging(prices, stretch, groups, patience).run()]
