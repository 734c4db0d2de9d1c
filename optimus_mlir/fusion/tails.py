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

The claim is about several operators whose weights nobody else reads: an operator alone has a larger
space. None of them streams a feature map: in the group that may be no live-in. None makes the shares
of a softmax, or checks its rows: an attention may run in parts, which no schedule of it says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np

from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.space import (
    Reduction,
    reducing,
    reduction_blocks,
    reductions,
    streamed_maps,
)
from optimus_mlir.fusion.streaming import Stream
from optimus_mlir.workload import Body, Graph, Operator

MOST_JOINS = 4  # each doubles the ways to reduce in blocks


def is_covered(tail: Graph, network: Graph) -> bool:
    """Whether the claim is about these operators, and the excess is soon found."""
    weights = [name for name in tail.live_ins if tail.tensors[name].constant]
    own = all(len(network.consumers[w]) == len(tail.consumers[w]) for w in weights)
    few = len(_maps_read(tail)) == 1 or len(_joins(tail)) <= MOST_JOINS
    products = any(streamed_maps(tail, operator) for operator in tail.operators)
    softmax = any(operator.body in (Body.SHARE, Body.ALL) for operator in tail.operators)
    sound = own and few and not products and not softmax and not tail.has_diagonals
    return len(tail.operators) > 1 and sound


def excess_bytes(space: Space) -> float:
    """The excess of the tail that is the group of `space`; infinite if nothing fits."""
    least = math.inf
    for start, streams in _started(space):
        for on_chip, more_bytes in start.least_with(streams, is_tail=True):
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

    Every other one along the producers does. They are counted from where the group's maps come in:
    that is known where one map comes into the tail. Else any count is possible at an operator that
    reads such a map, or several.
    """
    if len(_maps_read(tail)) == 1:
        yield from reductions(tail)
        return
    yield Reduction()
    blocks, joins = reduction_blocks(tail), _joins(tail)
    for counts in product((0, 1), repeat=len(joins)):
        count: dict[str, int] = dict(zip(joins, counts, strict=True))
        for operator in tail.operators:
            if operator.name not in count:
                (producer,) = _producers(tail, operator)
                count[operator.name] = count[producer] + (operator.name in blocks)
        chosen = [block for name, block in blocks.items() if count[name] % 2]
        if chosen:
            yield reducing(tail, chosen)


def _joins(tail: Graph) -> list[str]:
    """Operators whose place in the count does not follow from one producer."""
    maps = _maps_read(tail)
    return [
        operator.name
        for operator in tail.operators
        if len(_producers(tail, operator)) != 1 or any(a.tensor in maps for a in operator.reads)
    ]


def _maps_read(tail: Graph) -> set[str]:
    return {name for name in tail.live_ins if not tail.tensors[name].constant}


def _producers(tail: Graph, operator: Operator) -> set[str]:
    made = (tail.producer.get(access.tensor) for access in operator.reads)
    return {producer.name for producer in made if producer is not None}
