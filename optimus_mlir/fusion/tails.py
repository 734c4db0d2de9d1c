"""What a group moves at the least because of how it ends.

Call some operators of a group a *tail* if they hold its last one, and with an operator all in the
group that read its result. Tiles are pushed back from the last result, so what happens in a tail
does not depend on the operators before it.

Claim. Let the excess of a tail be the least, over its own schedules of some kind (`space.Kind`),
choices of streams and tile sizes that may fit if nothing is fetched beforehand, of what its streamed
weights move beyond once. Without tile loops its operators may reduce in blocks as
`reductions_of_tail` says. Then schedules of this kind of a group with this tail move the floor of
the group and the excess. What holds for every kind holds for the group.

Proof. A schedule of the group, without what it says of operators before the tail, is one of the
tail: it tiles the same dimensions, keeps the tail's maps at the same depth and its weights at the
same, and streams a first part of the tail's operators in the order of their weights. A map that the
tail reads is on chip as the tail's operators need it, wherever it comes from: if the group computes
it, it is kept as long or longer, and for the same readers or more. So in the group there is no less
on chip at each moment, and the weights come as often: at every step of their operator. The floor
counts each of them once.

Where a group may read maps again (`Reread`), a reader in the tail has all that others keep, or a copy
for itself. So for the tail every reader of what has several has a copy, of which those that stay on
chip together count as one (`family_of_tail`, `Moments`).

Of a product of feature maps the group may stream one that is a live-in, or none if it makes both.
So for the tail such maps take no space at all, however they come (`map_streams`).

The claim is about several operators whose weights nobody else reads: an operator alone has a larger
space. It is not about a group that is an attention: that may run in parts, which no schedule of it
says (fusion/attention.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from optimus_mlir.cost import Unschedulable, Unshareable
from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.space import (
    Kind,
    Reduction,
    family_of_tail,
    map_streams,
    reducing,
    reduction_blocks,
)
from optimus_mlir.fusion.streaming import Stream
from optimus_mlir.workload import Graph

MOST_UNKNOWN = 4  # counts of operators: each doubles the ways to reduce in blocks


def is_covered(tail: Graph, network: Graph) -> bool:
    """Whether the claim is about these operators."""
    weights = [name for name in tail.live_ins if tail.tensors[name].constant]
    own = all(len(network.consumers[w]) == len(tail.consumers[w]) for w in weights)
    return len(tail.operators) > 1 and own and not tail.has_diagonals


@dataclass(frozen=True)
class Excess:
    """What families of each kind move beyond the floor of their group, at the least.

    Of a kind that was not looked at it is what a smaller tail says.
    """

    by_kind: Mapping[Kind, float]

    @cached_property
    def least(self) -> float:
        """The excess of the tail; infinite if nothing fits."""
        return min(self.by_kind.values())

    def of(self, kind: Kind) -> float:
        """What this tail says of a kind in a larger group.

        If it has no weights that the loops move, they are kept at no depth.
        """
        no_weights = replace(kind, weights=len(kind.dimensions))
        return self.by_kind[kind if kind in self.by_kind else no_weights]


def excess_of(space: Space, shared: frozenset[str], inner: Excess | None = None) -> Excess:
    """The excess of the tail that is the group of `space`, in bytes.

    Others may read what is `shared`. `inner` is of a tail of this tail: the kinds that looked the
    cheapest there are looked at first, and only until none can be cheaper.
    """
    tail = _Tail(space, shared)
    known = {kind: inner.of(kind) if inner else 0 for kind in space.unlike}
    bounds, least = dict[Kind, float](), math.inf
    for kind in sorted(known, key=lambda kind: known[kind]):
        bounds[kind] = known[kind]
        if known[kind] < least:
            bounds[kind] = max(known[kind], tail.excess_bytes(kind))
            least = min(least, bounds[kind])
    return Excess({kind: bounds[original] for kind, original in space.originals.items()})


@dataclass(frozen=True)
class _Tail:
    """Operators that end a group, and the live-ins that others may read, too."""

    space: Space
    shared: frozenset[str]

    def excess_bytes(self, kind: Kind) -> float:
        """What the families of a kind must move more; infinite if none of them fits.

        Without tile loops they might fit in too many ways to try: then nothing is known. Nor is it
        where readers cannot share a live-in: with others, that are not in the tail, they may.
        """
        if not kind.dimensions and self._unknowns > MOST_UNKNOWN:
            return 0
        try:
            return self._excess_bytes(kind)
        except Unshareable:
            return 0

    def _excess_bytes(self, kind: Kind) -> float:
        least = math.inf
        for start, streams in self._started(kind):
            own = tuple(s for s in streams if s.operator.name not in self._moving_maps)
            for on_chip, more_bytes in start.least_with(own, of_tail=self._map_streams):
                able = np.where(on_chip <= start.capacity, more_bytes, math.inf)
                least = min(least, float(able.min()))
            if not least:
                return 0
        return least

    @cached_property
    def _unknowns(self) -> int:
        return _unknowns(_counts(self.space.group))

    @cached_property
    def _map_streams(self) -> tuple[Stream, ...]:
        return tuple(Stream.of(self.space.group, b) for b in map_streams(self.space.group))

    @cached_property
    def _moving_maps(self) -> set[str]:
        return {stream.operator.name for stream in self._map_streams}

    def _started(self, kind: Kind) -> Iterator[tuple[Costs, tuple[Stream, ...]]]:
        """The family with reductions in blocks, and which operators it may stream."""
        family = family_of_tail(self.space.group, kind, self.shared)
        ways = [Reduction()] if kind.dimensions else reductions_of_tail(self.space.group)
        for reduction in ways:
            try:
                costs = self.space.costs_of(reduction.of(family) if reduction.blocks else family)
            except Unshareable:
                raise
            except Unschedulable:
                continue
            yield costs, self.space.free_streams(costs)


def reductions_of_tail(tail: Graph) -> Iterator[Reduction]:
    """How operators of a tail may reduce in blocks in some group.

    Every other one along the producers does. From where they are counted is not known, so any
    parity of what they are counted from is possible.
    """
    yield Reduction()
    blocks, counts = reduction_blocks(tail), _counts(tail)
    for parities in product((0, 1), repeat=_unknowns(counts)):
        chosen = [b for name, b in blocks.items() if counts[name].parity(parities)]
        if chosen:
            yield reducing(tail, chosen)


@dataclass(frozen=True)
class _Count:
    """Operators that reduce, along the producers: an unknown number of them, and `more`."""

    unknown: int
    more: int

    def parity(self, parities: Sequence[int]) -> int:
        return (parities[self.unknown] + self.more) % 2


def _unknowns(counts: Mapping[str, _Count]) -> int:
    return 1 + max(count.unknown for count in counts.values())


def _counts(tail: Graph) -> dict[str, _Count]:
    """By operator, itself included.

    Before it there are as many as before the map it reads that has the most. So operators that read
    the same maps count from the same number, and one that reads others besides may know it, too.
    """
    counts: dict[str, _Count] = {}
    before: dict[frozenset[str], _Count] = {}  # by maps read
    made: dict[frozenset[str], _Count] = {}  # by the one map that an operator writes
    blocks = reduction_blocks(tail)
    for operator in tail.operators:
        maps = frozenset(a.tensor for a in operator.reads if not tail.tensors[a.tensor].constant)
        if maps not in before:
            known = {some: n for some, n in (before | made).items() if some <= maps}
            same = {count.unknown for count in known.values()}
            if len(same) == 1 and frozenset().union(*known) == maps:
                before[maps] = max(known.values(), key=lambda count: count.more)
            else:
                before[maps] = _Count(len({n.unknown for n in before.values()}), 0)
        count = before[maps]
        more = count.more + (operator.name in blocks)
        counts[operator.name] = made[frozenset({operator.write.tensor})] = _Count(
            count.unknown, more
        )
    return counts
