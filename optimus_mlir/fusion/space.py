"""The schedule space of a group: which loops are tiled, what is kept, what comes block by block.

The space does not depend on the accelerator: a larger scratchpad only admits more of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from optimus_mlir.cost import Block, Keep, Reread, Schedule, Tile
from optimus_mlir.cost.stages import Sizes
from optimus_mlir.workload import Graph, Operator

MOST_TILED = 2  # loops of a group of several operators
MOST_ALONE = 3  # loops of an operator alone


@dataclass(frozen=True)
class Family:
    """Schedules that differ in nothing but their tile sizes."""

    tiles: tuple[Sizes, ...] = ()
    keeps: tuple[Keep, ...] = ()
    blocks: tuple[Block, ...] = ()
    rereads: tuple[Reread, ...] = ()

    def schedule(self, cell: Sequence[int]) -> Schedule:
        """The member that takes from each tiled dimension the size of this number."""
        pairs = zip(self.tiles, cell, strict=False)  # without tiles the grid is one cell
        tiles = tuple(Tile(dimension, sizes[i]) for (dimension, sizes), i in pairs)
        return Schedule(tiles, self.keeps, self.blocks, self.rereads)

    def schedules(self) -> Iterator[Schedule]:
        for cell in itertools.product(*(range(len(sizes)) for _, sizes in self.tiles)):
            yield self.schedule(cell)


@dataclass(frozen=True)
class Kind:
    """Families with the same tile loops that keep maps, and weights, at the same depths.

    At the depth of the innermost step, only what the group computes is kept.
    """

    dimensions: tuple[int, ...]
    maps: int
    weights: int

    def mirrored(self, pair: tuple[int, int]) -> Kind:
        """The same with two dimensions swapped."""
        swap = dict(zip(pair, reversed(pair), strict=True))
        return replace(self, dimensions=tuple(swap.get(d, d) for d in self.dimensions))


def kinds(group: Graph) -> Iterator[Kind]:
    """The kinds of families of a group: those with the fewest loops first, what is kept longest."""
    for dimensions in tiled_dimensions(group):
        innermost = len(dimensions)
        if innermost > MOST_TILED:
            yield Kind(dimensions, innermost, innermost)
            continue
        moving = any(moves(group, weight, dimensions) for weight in _weights(group))
        for maps in range(innermost + 1):
            for weights in range(innermost + 1) if moving else (innermost,):
                yield Kind(dimensions, maps, weights)


def families(group: Graph, kind: Kind) -> Iterator[Family]:
    """The schedule space without blocks, of one kind."""
    shape = group.tensors[group.operators[-1].write.tensor].shape
    tiles = tuple((d, tile_sizes(shape[d])) for d in kind.dimensions)
    keeps = tuple(_keeps(group, kind))
    yield Family(tiles, keeps)
    if rereads := _rereads(group, keeps):
        yield Family(tiles, keeps, rereads=rereads)


def tiled_dimensions(group: Graph) -> Iterator[tuple[int, ...]]:
    """Which dimensions of the last result to tile, outermost first.

    Of several operators only such together as carry a part of some feature map each: tiling the
    channels of a convolution divides nothing but its own weights.
    """
    root = group.operators[-1]
    shape = group.tensors[root.write.tensor].shape
    wide = [d for d, extent in enumerate(shape) if extent > 1]
    alone = len(group.operators) == 1
    yield ()
    yield from ((d,) for d in wide)
    carrying = wide if alone else [d for d in wide if _carries(group, root, d)]
    for count in range(2, (MOST_ALONE if alone else MOST_TILED) + 1):
        yield from itertools.permutations(carrying, count)


def _carries(group: Graph, root: Operator, dimension: int) -> bool:
    loop = root.output_loop(dimension)
    return any(loop in a.loops and not group.tensors[a.tensor].constant for a in root.reads)


def _keeps(group: Graph, kind: Kind) -> Iterator[Keep]:
    """What the group computes is at least kept through the inner loops of its readers."""
    innermost, weights = len(kind.dimensions), _weights(group)
    if kind.maps < innermost:
        yield from (Keep(name, kind.maps) for name in group.live_ins if name not in weights)
    yield from (Keep(name, kind.maps) for name in group.producer if group.consumers[name])
    if kind.weights < innermost:
        moving = (w for w in weights if moves(group, w, kind.dimensions))
        yield from (Keep(weight, kind.weights) for weight in moving)


def _weights(group: Graph) -> list[str]:
    return [name for name in group.live_ins if group.tensors[name].constant]


def _rereads(group: Graph, keeps: Sequence[Keep]) -> tuple[Reread, ...]:
    """Every reader of a feature map but the first reads it again, so that it waits for none on chip.

    A reader with a halo keeps it as the first does. Only where all is kept throughout: a tile waits
    within a step, which takes less space than what it needs of the maps between the readers.
    """
    if any(keep.depth for keep in keeps):
        return ()
    depths = {keep.tensor: keep.depth for keep in keeps}
    return tuple(
        _reread(name, reader, depths)
        for name in group.live_ins
        if not group.tensors[name].constant
        for reader in group.consumers[name][1:]
    )


def _reread(name: str, reader: Operator, depths: Mapping[str, int]) -> Reread:
    return Reread(name, reader.name, depths.get(name) if _has_halo(reader, name) else None)


def family_of_tail(tail: Graph, kind: Kind, shared: Container[str]) -> Family:
    """What operators that end a group keep in any family of this kind, rereads or not.

    Where a group may read maps again, every reader of a `shared` live-in has what it needs of it.
    The copies are not more than what readers share, if those that stay together count as one.
    """
    [family, *_] = families(tail, kind)
    again = [n for n in tail.live_ins if n in shared and not tail.tensors[n].constant]
    if any(keep.depth for keep in family.keeps):
        return family
    depths = {keep.tensor: keep.depth for keep in family.keeps}
    rereads = tuple(_reread(name, r, depths) for name in again for r in tail.consumers[name])
    keeps = tuple(keep for keep in family.keeps if keep.tensor not in again)
    return replace(family, keeps=keeps, rereads=rereads)


def _has_halo(reader: Operator, tensor: str) -> bool:
    """Whether neighbouring tiles of its result may need the same elements of the tensor."""
    indices = (index for a in reader.reads if a.tensor == tensor for index in a.indices)
    return any(len(index.loops) > 1 or index.is_of_blocks for index in indices)


def moves(group: Graph, weight: str, dimensions: Sequence[int]) -> bool:
    """Whether a tile loop may walk a weight: it indexes a result by a tiled dimension."""
    return any(
        operator.output_loop(d) in access.loops
        for operator in group.consumers[weight]
        for access in operator.reads
        if access.tensor == weight
        for d in dimensions
        if d < len(operator.write.indices)
    )


@lru_cache(maxsize=4096)
def tile_sizes(extent: int) -> tuple[int, ...]:
    """The smallest size for every possible number of steps, largest first; 1 step is left out.

    A larger size with the same number of steps needs more space. It can save traffic only where a
    forgotten halo is cut off by the border, and is left out of the space.
    """
    sizes = {-(-extent // steps) for steps in range(2, extent + 1)}
    return tuple(sorted(sizes, reverse=True))


@dataclass(frozen=True)
class Reduction:
    """Operators that reduce block by block, and what is computed a block at a time for them."""

    blocks: tuple[Block, ...] = ()
    exchanged: frozenset[str] = frozenset()

    def of(self, family: Family) -> Family:
        """The family with these blocks. A window that outlives a tile step is kept as it is."""
        innermost = len(family.tiles)
        keeps = (k for k in family.keeps if k.depth < innermost or k.tensor not in self.exchanged)
        return Family(family.tiles, tuple(keeps), self.blocks, family.rereads)


def reductions(group: Graph) -> Iterator[Reduction]:
    """Which operators reduce block by block: none, or every other one along the producers.

    So of two neighbouring feature maps only one is whole on chip (alternating buffering).
    """
    yield Reduction()
    level: dict[str, int] = {}
    blocks = reduction_blocks(group)
    for operator in group.operators:
        before = [level[p.name] for a in operator.reads if (p := group.producer.get(a.tensor))]
        level[operator.name] = max(before, default=0) + (operator.name in blocks)
    for parity in (0, 1):
        chosen = [block for name, block in blocks.items() if level[name] % 2 == parity]
        if chosen:
            yield reducing(group, chosen)


def reducing(group: Graph, blocks: Sequence[Block]) -> Reduction:
    """These operators reduce in these blocks."""
    return Reduction(tuple(blocks), _exchanged(group, {block.operator for block in blocks}))


def _exchanged(group: Graph, reducing: set[str]) -> frozenset[str]:
    """What the reducing operators read, and what those that run in blocks for them read."""
    found: set[str] = set()
    for operator in reversed(group.operators):
        if operator.name in reducing or operator.write.tensor in found:
            found.update(access.tensor for access in operator.reads)
    return frozenset(found)


def reduction_blocks(group: Graph) -> dict[str, Block]:
    """By name, the operators that can reduce in blocks."""
    found = ((operator.name, _reduction_block(group, operator)) for operator in group.operators)
    return {name: block for name, block in found if block is not None}


def _reduction_block(group: Graph, operator: Operator) -> Block | None:
    """One iteration at a time of the reduction that walks the most of its operands."""
    loops = [
        (_walked(group, operator, loop), operator.extents[loop], -loop)
        for loop, extent in enumerate(operator.extents)
        if extent > 1 and operator.splits(loop)
    ]
    return Block(operator.name, -max(loops)[2], 1) if loops and operator.macs else None


def _walked(group: Graph, operator: Operator, loop: int) -> int:
    return sum(group.tensors[a.tensor].elements for a in operator.reads if loop in a.loops)


def streams(group: Graph) -> tuple[Block, ...]:
    """One block loop over its result per operator with operands to stream, the largest first.

    A family streams those of the first operator, of the first two, ..
    """
    found = [pair for operator in group.operators if (pair := _largest_stream(group, operator))]
    return tuple(block for _, block in sorted(found, key=lambda pair: -pair[0]))


def _largest_stream(group: Graph, operator: Operator) -> tuple[int, Block] | None:
    """The block loop over its result that streams the most of `operator`.

    Of a product of two feature maps it is the last: its rows are what tiles divide.
    """
    options: list[tuple[int, Block]] = []
    factors = streamed_maps(group, operator)
    for loop in operator.output_loops:
        names = {a.tensor for a in operator.reads if loop in a.loops}
        streamed = {n for n in names if group.tensors[n].constant} | (names & factors)
        if streamed and len(names & factors) < 2 and operator.extents[loop] > 1:
            elements = sum(group.tensors[n].elements for n in streamed)
            options.append((elements, Block(operator.name, loop, 1)))
    if factors:
        return options[-1] if options else None
    return max(options, key=lambda option: option[0], default=None)


def map_streams(group: Graph) -> tuple[Block, ...]:
    """Every block that brings some live-in of a product of feature maps in parts.

    In a group that makes some of these live-ins, one of the blocks may be left.
    """
    return tuple(
        Block(operator.name, loop, 1)
        for operator in group.operators
        for loop in operator.output_loops
        for a in operator.reads
        if loop in a.loops and a.tensor in streamed_maps(group, operator)
    )


def streamed_maps(group: Graph, operator: Operator) -> frozenset[str]:
    """Live-ins that an operator uses as others use weights: matrices in a product of feature maps.

    An operator alone needs none of that: three tile loops say as much.
    """
    reads = operator.reads[: len(operator.reads) - operator.epilogue_reads]
    factors = {access.tensor for access in reads}
    product = 1 < len(factors) == len(reads) and operator.macs > 0
    if not product or len(group.operators) == 1:
        return frozenset()
    if any(group.tensors[n].constant or _has_halo(operator, n) for n in factors):
        return frozenset()
    return frozenset(factors).difference(group.producer)
