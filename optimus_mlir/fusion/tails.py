"""What a group moves at the least because of how it ends.

Call some operators of a group a *tail* if they hold its last one, and with an operator all in the
group that read its result. Tiles are pushed back from the last result, so what happens in a tail
does not depend on the operators before it.

Claim. Let the excess of a tail be the least, over all of its own families of schedules, choices of
streams and tile sizes that may fit when what it reads of feature maps takes no space, of what its
streamed weights move beyond once. Then a group with this tail moves its floor and the excess.

Proof. A schedule of the group, without what it says of operators before the tail, is one of the
tail: it tiles the same dimensions, keeps the tail's maps at the same depth and its weights at the
same, and streams a first part of the tail's operators in the order of their weights. It reduces the
tail's operators in blocks as one of the tail's two choices does: levels count from where the maps
come in, and there is one such place, or the excess is taken to be none. In the group there is more
on chip at each moment, and the weights come as often: at every step of their operator. The floor
counts each of them once.

The claim is about several operators whose weights nobody else reads: an operator alone has a larger
space.
"""

from __future__ import annotations

import math

import numpy as np

from optimus_mlir.fusion.costs import Space
from optimus_mlir.workload import Graph


def is_covered(tail: Graph, network: Graph) -> bool:
    """Whether the claim is about these operators."""
    maps = [name for name in tail.live_ins if not tail.tensors[name].constant]
    weights = [name for name in tail.live_ins if tail.tensors[name].constant]
    own = all(len(network.consumers[w]) == len(tail.consumers[w]) for w in weights)
    return len(tail.operators) > 1 and len(maps) == 1 and own and not tail.has_diagonals


def excess_bytes(space: Space) -> float:
    """The excess of the tail that is the group of `space`; infinite if nothing fits."""
    least = math.inf
    for costs in space.families():
        for start, streams in space.streamed(costs):
            for on_chip, more_bytes in start.least_with(streams, fetches_maps=False):
                able = np.where(on_chip <= start.capacity, more_bytes, math.inf)
                least = min(least, float(able.min()))
            if not least:
                return 0
    return least
