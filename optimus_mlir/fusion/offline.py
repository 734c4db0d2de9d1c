"""The off-line solver: the cheapest of all partitions into convex, connected groups, with proof."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby, islice

import numpy as np

from optimus_mlir.fusion.crew import Crew, together, usable_cores
from optimus_mlir.fusion.lattice import Array, Lattice
from optimus_mlir.fusion.online import online
from optimus_mlir.fusion.paths import Paths
from optimus_mlir.fusion.prices import GroupPrices, Known, Operators
from optimus_mlir.fusion.runs import orders
from optimus_mlir.fusion.solution import Partition, Patience, Solution
from optimus_mlir.fusion.stretch import Stretch

MOST_PREFIXES = 6000  # their pairs fill some hundred megabytes
SMALL_FIRST = (4, 8, 16)  # operators in a group: better plans are found there before time is out
LEAST = 16  # operators of a stretch that more than one process searches: to start one takes time
WIDE = 3  # prefixes of one size, on average: with fewer most processes have little to do at first
ALONE_SECONDS = 5  # before others help with a stretch that is not wide
MOST_PROCESSES = 4  # each remembers prices of its own, in some hundred megabytes


@dataclass(frozen=True)
class Found:
    """What a process tells others: costs of prefixes and where their last groups begin, and more."""

    settled: dict[int, tuple[float, int]]
    in_time: bool
    tails: dict[int, float]
    news: Known


class _Exact:
    """Dynamic programming over prefixes: `cost[p]` is the least for which prefix p can run.

    A group is looked at only if it could lead to a plan that costs less than `incumbent`, which is
    what the best plan known so far costs: nothing better is ever left out.
    """

    def __init__(self, paths: Paths, known: Partition) -> None:
        self.stretch = paths.stretch
        self.paths = paths
        self.prices = paths.prices
        self.best = known
        self.bound = 0.0
        self.incumbent = paths.prices.total(known)
        self._prefixes = paths.lattice.prefixes
        self._rest = paths.cost_from(paths.all_or_none())
        self._cost = np.full(len(self._prefixes), math.inf)
        self._begin = [0] * len(self._prefixes)
        self._done = 0  # steps

    def run(self, patience: Patience, crew: Crew, pause: Patience | None = None) -> bool:
        """Improve `best` until it is the cheapest, or time is out; `bound` is that of any plan then.

        False if time for a `pause` comes first: who calls again goes on from there.
        """
        while self._done < len(self._steps):
            if pause and pause.is_over():
                return False
            largest, ends = self._steps[self._done]
            if ends[0] == 1:  # larger groups than before
                self._cost[:] = math.inf
                self._cost[0] = 0
            if not self._settle_all(ends, largest, patience, crew):
                settled = ends[0] if largest == len(self.stretch.operators) else 1
                self.bound = min(self.incumbent, self._bound(settled))
                return True
            self._done += 1
            if self._cost[-1] < self.incumbent:
                self.incumbent = float(self._cost[-1])
                self.best = self._partition()
        self.bound = self.incumbent
        return True

    @cached_property
    def _steps(self) -> list[tuple[int, list[int]]]:
        """Sizes of groups, and prefixes of one size: of these none depends on another."""
        numbers = range(1, len(self._prefixes))
        by_size = groupby(numbers, key=lambda end: self._prefixes[end].bit_count())
        levels = [list(ends) for _, ends in by_size]
        return [(n, ends) for n in (*SMALL_FIRST, len(self.stretch.operators)) for ends in levels]

    def _settle_all(
        self, ends: Sequence[int], largest: int, patience: Patience, crew: Crew
    ) -> bool:
        """Settle prefixes, each in one process of the crew; of a single one they share the groups.

        False if time is out.
        """
        known_tails = len(self.paths.tails)
        if len(ends) == 1 and not crew.is_alone:
            edges = self._cheaper(ends[0], largest, self.paths.floor, self.incumbent)
            mine = {ends[0]: self._settle(ends[0], crew.share(edges), patience)}
        else:
            mine = {
                end: self._settle(end, self._worth_a_look(end, largest), patience)
                for end in crew.share(ends)
            }
        settled = {end: (float(self._cost[end]), self._begin[end]) for end in mine}
        tails = dict(islice(self.paths.tails.items(), known_tails, None))
        others = crew.exchange(Found(settled, all(mine.values()), tails, self.prices.news()))
        for found in others:
            self._add(found)
        return all(mine.values()) and all(found.in_time for found in others)

    def _add(self, found: Found) -> None:
        self.prices.add(found.news)
        for tail, excess in found.tails.items():
            self.paths.add_tail(tail, excess)
        for end, (cost, begin) in found.settled.items():
            if (cost, -begin) < (self._cost[end], -self._begin[end]):  # else the smaller group
                self._cost[end], self._begin[end] = cost, begin

    def _partition(self) -> Partition:
        groups: Partition = []
        end = len(self._begin) - 1
        while end:
            begin = self._begin[end]
            group = self._prefixes[end] & ~self._prefixes[begin]
            groups.append(self.stretch.members(group))
            end = begin
        return groups[::-1]

    def _settle(self, end: int, edges: Iterable[int], patience: Patience) -> bool:
        """Find the cheapest last group of a prefix, small groups first; False if time is out."""
        most = self.incumbent - self._rest[end]
        for edge in edges:
            begin = int(self.paths.begin[edge])
            room = min(most, float(self._cost[end])) - self._cost[begin]
            if self._is_refused(edge, float(room)):
                continue
            if patience.is_over():
                return False
            cost = self.prices.cost_below(self.paths.members(edge), float(room))
            if cost < math.inf:
                self._cost[end] = self._cost[begin] + cost
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

    def _worth_a_look(self, end: int, largest: int) -> list[int]:
        """The groups that end there, small ones first, but for those that cost too much for sure."""
        most = self.incumbent - self._rest[end]
        return self._cheaper(end, largest, self.paths.least, most)

    def _cheaper(self, end: int, largest: int, least: Array, most: float) -> list[int]:
        """Those with which it would cost less than so much to reach `end`, by these bounds."""
        edges = slice(self.paths.into(end).start, self.paths.into(end).stop)
        is_small = self.paths.sizes[edges] <= largest
        is_cheap = self._cost[self.paths.begin[edges]] + least[edges] < most
        return (edges.start + np.flatnonzero(is_small & is_cheap)).tolist()

    def _bound(self, first: int) -> float:
        """The cheapest plan if all groups that end in unsettled prefixes cost their least."""
        self.paths.forget()
        cost = self.paths.cost_to(self.paths.all_or_none(), self._cost[:first])
        return max(float(cost[-1]), float(self._rest[0]))


def offline(
    prices: GroupPrices, operators: Operators, patience: Patience, processes: int | None = None
) -> Solution:
    """The cheapest partition of all, or the best found in time, with a bound for all others.

    A stretch with too many prefixes is searched along a few orders of its operators: then the bound
    is the floor. Nothing but the time depends on how many `processes` search; if nobody says, up
    to four do where the stretch branches or takes long, one for each core.
    """
    stretch = Stretch(prices.graph, operators)
    everything = stretch.prefixes(MOST_PREFIXES)
    lattice = Lattice(stretch, everything or along_orders(stretch))
    most = processes or (min(usable_cores(), MOST_PROCESSES) if len(operators) > LEAST else 1)
    at_once = most if processes or _is_wide(lattice) else 1
    pause = Patience(ALONE_SECONDS) if at_once < most else None
    search, is_over = together(partial(_search, prices, lattice, patience, pause), at_once)
    if not is_over:
        together(partial(search.run, patience), most)
    floor = stretch.least_elements(stretch.everything) * prices.cost_per_element
    return Solution(search.best, search.bound if everything else floor)


def _search(
    prices: GroupPrices, lattice: Lattice, patience: Patience, pause: Patience | None, crew: Crew
) -> tuple[_Exact, bool]:
    """A search for the cheapest path through a lattice by a crew, and whether it is over."""
    prices.news()  # all know what was known before
    known = online(prices, lattice.stretch.operators, patience, crew).partition
    search = _Exact(Paths(prices, lattice.stretch, lattice), known)
    return search, search.run(patience, crew, pause)


def _is_wide(lattice: Lattice) -> bool:
    """Whether there is work for several processes from the beginning."""
    return len(lattice.prefixes) > WIDE * len(lattice.stretch.operators)


def along_orders(stretch: Stretch) -> list[int]:
    """The prefixes of every order that the on-line solver looks at."""
    prefixes = {0}
    for order in orders(stretch):
        prefix = 0
        for i in order:
            prefix |= 1 << i
            prefixes.add(prefix)
    return sorted(prefixes, key=lambda p: (p.bit_count(), p))
