"""The schedule space of a group: which loops are tiled, what is kept, what is streamed.

The space does not depend on the accelerator: a larger scratchpad only admits more of it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from optimus_mlir.cost import Block, Schedule, Tile
from optimus_mlir.cost.buffers import streamable
from optimus_mlir.workload import Graph, Operator


@dataclass(frozen=True)
class Family:
    """Schedules that differ in their tile sizes and in what is streamed."""

    dimensions: tuple[int, ...]
    extents: tuple[int, ...]
    windows: frozenset[str]
    blocks: tuple[Block, ...]

    def tilings(self) -> Iterator[tuple[Tile, ...]]:
        """Every combination of tile sizes, the largest of the innermost loop first."""
        for sizes in itertools.product(*map(tile_sizes, self.extents)):
            yield tuple(map(Tile, self.dimensions, sizes))

    def finest(self) -> tuple[Tile, ...]:
        return tuple(Tile(dimension, 1) for dimension in self.dimensions)

    def coarsest(self) -> tuple[Tile, ...]:
        return next(self.tilings())

    def steps(self, tiles: tuple[Tile, ...]) -> int:
        return math.prod(
            -(-extent // tile.size) for extent, tile in zip(self.extents, tiles, strict=True)
        )

    def schedule(self, tiles: tuple[Tile, ...], streams: int) -> Schedule:
        return Schedule(tiles, self.windows, self.blocks[:streams])


def families(group: Graph) -> Iterator[Family]:
    """The schedule space, those with the fewest loops first.

    Within a family the operators with the largest weights are streamed: nobody, the first, the
    first two, ..
    """
    shape = group.tensors[group.outputs[0]].shape
    kept = frozenset(group.tensors)
    streams = blocks(group)
    for dimensions in tiled_dimensions(group):
        extents = tuple(shape[d] for d in dimensions)
        of_family = streams if len(dimensions) < 2 else ()
        yield Family(dimensions, extents, kept, of_family)
        # An operator alone gains nothing by forgetting, but that what it forgets it can stream.
        if dimensions and (len(group.operators) > 1 or of_family):
            yield Family(dimensions, extents, frozenset(), of_family)


def tiled_dimensions(group: Graph) -> Iterator[tuple[int, ...]]:
    """Which dimensions of the result to tile: none, one, or (one operator only) two, outer first."""
    shape = group.tensors[group.outputs[0]].shape
    wide = [d for d, n in enumerate(shape) if n > 1]
    yield ()
    yield from ((d,) for d in wide)
    if len(group.operators) == 1:
        yield from itertools.permutations(wide, 2)


@lru_cache(maxsize=4096)
def tile_sizes(extent: int) -> tuple[int, ...]:
    """The smallest size for every possible number of steps, largest first; 1 step is left out.

    A larger size with the same number of steps needs more space. It can save traffic only where a
    forgotten halo is cut off by the border, and is left out of the space.
    """
    sizes = {-(-extent // steps) for steps in range(2, extent + 1)}
    return tuple(sorted(sizes, reverse=True))


def blocks(group: Graph) -> tuple[Block, ...]:
    """One block loop (an element a step) per operator with weights, the largest weights first."""
    found = [pair for operator in group.operators if (pair := _largest_stream(group, operator))]
    return tuple(block for _, block in sorted(found, key=lambda pair: -pair[0]))


def streamed_tensors(group: Graph, blocks: Iterable[Block]) -> frozenset[str]:
    """What the blocks would stream, if no window keeps it."""
    operators = {operator.name: operator for operator in group.operators}
    return frozenset(
        name
        for block in blocks
        for name in streamable(
            group,
            operators[block.operator],
            operators[block.operator].output_loop(block.dimension),
        )
    )


def _largest_stream(group: Graph, operator: Operator) -> tuple[int, Block] | None:
    """The block loop that streams the most weights of `operator`."""
    options: list[tuple[int, Block]] = []
    for dimension in range(len(operator.write.indices)):
        loop = operator.output_loop(dimension)
        names = streamable(group, operator, loop)
        weights = sum(group.tensors[n].elements for n in names if group.tensors[n].constant)
        if weights and operator.extents[loop] > 1:
            options.append((weights, Block(operator.name, dimension, 1)))
    return max(options, key=lambda option: option[0], default=None)
