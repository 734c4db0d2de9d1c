"""What a group moves at the least because of how it ends.

Call some operators of a group a *tail* if they hold its last one, and with an operator all in the
group that read its result. Tiles are pushed back from the last result, so what happens in a tail
does not depend on the operators before it.

Claim. Let the excess of a tail be the least, over all of its own families of schedules, choices of
streams and tile sizes that may fit if nothing is fetched beforehand, of what its streamed weights
move beyond once. Without tile loops its operators may reduce in blocks as `reductions_of_tail` says.
Then a group with this tail moves its floor and the excess.

Proof. A schedule of the group, without what it says of operators before the tail, is one of the
tail: it tiles the same dimensions, keeps the tail's maps at the same depth and its weights at the
same, and streams a first part of the tail's operators in the order of their weights. A map that the
tail reads is on chip as the tail's operators need it, wherever it comes from: if the group computes
it, it is kept as long or longer, and for the same readers or more. So in the group there is no less
on chip at each moment, and the weights come as often: at every step of their operator. The floor
counts each of them once.

Of a product of feature maps the group may stream one that is a live-in, or none if it makes both.
So for the tail such maps take no space at all, however they come (`map_streams`).

The claim is about several operators whose weights nobody else reads: an operator alone has a larger
space. It is not about a group that is an attention: that may run in parts, which no schedule of it
says (fusion/attention.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.space import (
    Reduction,
    map_streams,
    reducing,
    reduction_blocks,
)
from optimus_mlir.fusion.streaming import Stream
from optimus_mlir.workload import Graph

MOST_UNKNOWN = 4  # counts of operators: each doubles the ways to reduce in blocks


def is_covered(tail: Graph, network: Graph) -> bool:
    """Whether the claim is about these operators, and the excess is soon found."""
    weights = [name for name in tail.live_ins if tail.tensors[name].constant]
    own = all(len(network.consumers[w]) == len(tail.consumers[w]) for w in weights)
    few = _unknowns(_counts(tail)) <= MOST_UNKNOWN
    return len(tail.operators) > 1 and own and few and not tail.has_diagonals


def excess_bytes(space: Space) -> float:
    """The excess of the tail that is the group of `space`; infinite if nothing fits."""
    least = math.inf
    of_maps = tuple(Stream.of(space.group, block) for block in map_streams(space.group))
    moving_maps = {stream.operator.name for stream in of_maps}
    for start, possible in _started(space):
        streams = tuple(s for s in possible if s.operator.name not in moving_maps)
        for on_chip, more_bytes in start.least_with(streams, of_tail=of_maps):
            able = np.where(on_chip <= start.capacity, more_bytes, math.inf)
            least = min(least, float(able.min()))
        if not least:
            return 0
    return least


def _started(space: Space) -> Iterator[tuple[Costs, tuple[Stream, ...]]]:
    """Every family with reductions in blocks, and which operators it may stream."""
    for costs in space.families():
        if costs.family.tiles:
            yield from space.streamed(costs)
        else:
            for reduction in reductions_of_tail(space.group):
                yield from space.reduced(costs, reduction)


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
