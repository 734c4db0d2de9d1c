"""Groups that look the same with two dimensions swapped, such as height and width of square maps.

Claim. Let two dimensions of the last results have the same extent. Suppose that every operator of a
group has a way to swap two of its loops, or two pairs, or none, after which each of its accesses is
what it was but for two dimensions of its tensor, which are the same two for all that read or write
the tensor. Then the tiles along one dimension cost what the same tiles along the other do.

Proof. Swap loops and dimensions everywhere: operators, and what they read, stay the same, and so do
the extents. What the tile loops of one schedule ask of each operator and tensor is what those of the
other ask of the swapped loops and dimensions. All that is counted are lengths of such ranges. Blocks
are of loops that stay what they are, or else there is no such pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from optimus_mlir.cost import Block
from optimus_mlir.fusion.space import moves
from optimus_mlir.workload import Access, Graph, Linear, Operator

Shape = tuple[int, ...]
Pair = tuple[int, int]
Swap = dict[int, int]  # of loops or dimensions, both ways; what is not in it stays


def mirror(group: Graph, blocks: Iterable[Block]) -> Pair | None:
    """Two dimensions of the last results that may be swapped; None if none are found.

    `blocks` are those that schedules of the group may have.
    """
    shape = group.tensors[group.operators[-1].write.tensor].shape
    pairs = ((a, b) for a, b in combinations(range(len(shape)), 2) if shape[a] == shape[b] > 1)
    loops = [(block.operator, block.loop) for block in blocks]
    return next((pair for pair in pairs if _may_swap(group, pair, loops)), None)


def _may_swap(group: Graph, pair: Pair, fixed: Iterable[tuple[str, int]]) -> bool:
    swapped = _swapped_loops(group, pair)
    if swapped is None or any(loop in swapped[operator] for operator, loop in fixed):
        return False
    weights = (name for name in group.live_ins if group.tensors[name].constant)
    return all(len({moves(group, w, (dimension,)) for dimension in pair}) == 1 for w in weights)


def _swapped_loops(group: Graph, pair: Pair) -> dict[str, Swap] | None:
    """By operator; None if the dimensions cannot be swapped."""
    loops: dict[str, Swap] = {}
    swapped: dict[str, Pair | None] = {}  # dimensions by tensor
    for operator in reversed(group.operators):
        result = operator.write.tensor
        if not group.consumers[result]:
            swapped.setdefault(result, pair)
        shapes = tuple(group.tensors[access.tensor].shape for access in operator.reads)
        way = _way(operator, shapes, swapped[result])
        if way is None:
            return None
        loops[operator.name] = way.loops
        for access, dimensions in zip(operator.reads, way.reads, strict=True):
            if swapped.setdefault(access.tensor, dimensions) != dimensions:
                return None
    return loops


@dataclass(frozen=True)
class _Way:
    """The loops to swap, and which dimensions of each tensor read that swaps."""

    loops: Swap
    reads: tuple[Pair | None, ...]


@lru_cache(maxsize=4096)
def _way(operator: Operator, shapes: tuple[Shape, ...], pair: Pair | None) -> _Way | None:
    """How to swap two dimensions of a result, or none; None if that cannot be done."""
    if pair is not None and max(pair) >= len(operator.output_loops):
        return None
    for loops in _loop_swaps(operator, pair):
        reads = [_found(a, s, loops) for a, s in zip(operator.reads, shapes, strict=True)]
        if all(len(found) > 0 for found in reads):
            return _Way(loops, tuple(found[0] for found in reads))
    return None


def _loop_swaps(operator: Operator, pair: Pair | None) -> Iterator[Swap]:
    """The loops that walk the swapped dimensions, and perhaps two of a reduction."""
    swap = _swap(pair and (operator.output_loop(pair[0]), operator.output_loop(pair[1])))
    reductions = [loop for loop, reduces in enumerate(operator.reduction) if reduces]
    for wanted in (swap, *(swap | _swap(both) for both in combinations(reductions, 2))):
        if all(operator.extents[a] == operator.extents[b] for a, b in wanted.items()):
            yield wanted


def _found(access: Access, shape: Shape, loops: Swap) -> list[Pair | None]:
    """The swaps of dimensions that swapped loops are for a tensor."""
    pairs = (None, *combinations(range(len(shape)), 2))
    return [pair for pair in pairs if _is_swapped(access, shape, loops, pair)]


def _is_swapped(access: Access, shape: Shape, loops: Swap, pair: Pair | None) -> bool:
    """Whether swapped loops are nothing but two swapped dimensions for a tensor."""
    swap = _swap(pair)
    places = [swap.get(d, d) for d in range(len(shape))]
    return all(
        shape[d] == shape[place]
        and _with_swapped(access.indices[d], loops) == access.indices[place]
        for d, place in enumerate(places)
    )


def _with_swapped(index: Linear, loops: Swap) -> Linear:
    coefficients = (index.coefficients[loops.get(i, i)] for i in range(len(index.coefficients)))
    return replace(index, coefficients=tuple(coefficients))


def _swap(pair: Pair | None) -> Swap:
    return {} if pair is None else {pair[0]: pair[1], pair[1]: pair[0]}
