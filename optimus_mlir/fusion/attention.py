"""Attention in parts of its keys, in one group: scores of one part at a time are on chip.

The group is as large as its parts are many, so only these of its schedules are looked at: tiles of
queries, and of what keys and values have as well (images, heads); all that is made stays within a
tile step; keys and values stay on chip, or come a half of a part at a time, again for every tile.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from optimus_mlir.cost import Block, Keep, Reread, Schedule
from optimus_mlir.fusion.capacities import Capacities, capacities_among
from optimus_mlir.fusion.costs import Rank, Space
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.fusion.space import Family, tile_sizes
from optimus_mlir.fusion.spilling import parts_of, together
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Operator, Split
from optimus_mlir.workload.softmax import Attention, attention_in
from optimus_mlir.workload.splitting import even_sizes

PARTS = (2, 3, 4, 6, 8, 12, 16, 24, 32)


def cheapest_in_parts(group: Graph, accelerator: Accelerator, below: float) -> Choice | None:
    """The cheapest split of an attention that is a group; None if all move `below` bytes or more."""
    attention = attention_in(group)
    if attention is None:
        return None
    best: Choice | None = None
    for split in splits_of_attention(attention):
        limit = below if best is None else best.price.dram_bytes
        (parts,) = parts_of(group, split)
        choice = _cheapest(parts, attention, accelerator, limit)
        best = best if choice is None else together(split, [parts], [choice])
    return best


def splits_of_attention(attention: Attention) -> Iterator[Split]:
    """Nearly equal parts of the keys."""
    scores = attention.scores
    loop = attention.keys[scores.name]
    for parts in PARTS:
        if parts <= scores.extents[loop]:
            yield Split(scores.name, loop, even_sizes(scores.extents[loop], parts))


def capacities_in_parts(
    parts: Graph, attention: Attention, accelerator: Accelerator, dram_bytes: int
) -> Capacities:
    """What other scratchpads would do for an attention that stays in these parts."""

    def moved_in(scratchpad_bytes: int) -> int:
        sized = accelerator.model_copy(update={"scratchpad_bytes": scratchpad_bytes})
        choice = _cheapest(parts, attention, sized, math.inf)
        assert choice is not None
        return choice.price.dram_bytes

    space = Space(parts.canonical(), accelerator)
    found = map(space.costs, families_in_parts(space.group, attention))
    members = (costs for costs in found if costs is not None)
    return capacities_among(members, moved_in, dram_bytes)


def _cheapest(
    parts: Graph, attention: Attention, accelerator: Accelerator, below: float
) -> Choice | None:
    members = parts.canonical()
    space = Space(members, accelerator)
    best: Schedule | None = None
    rank: Rank = (below, -1, -1, -1)
    if space.floor >= below:
        return None
    for family in families_in_parts(members, attention):
        costs = space.costs(family)
        for schedule, this in () if costs is None else costs.ranked(rank):
            if costs is not None and costs.footprint_bytes(schedule) <= costs.capacity:
                best, rank = schedule, this
                break
    return best and Choice.of(members, best, accelerator)


def families_in_parts(group: Graph, attention: Attention) -> Iterator[Family]:
    """The schedules of an attention in parts; `group` is that of the parts."""
    parts = _Parts(group, attention)
    shape = group.tensors[group.operators[-1].write.tensor].shape
    tiled = [d for d in parts.tiled_dimensions if shape[d] > 1]
    for count in range(len(tiled) + 1):
        for dimensions in itertools.combinations(tiled, count):
            tiles = tuple((d, tile_sizes(shape[d])) for d in dimensions)
            for blocks, keeps in parts.streams(count):
                yield Family(tiles, keeps, blocks, parts.rereads)


@dataclass(frozen=True)
class _Parts:
    group: Graph
    attention: Attention

    @property
    def tiled_dimensions(self) -> list[int]:
        """Those of the result that scores have too: not the columns of the values."""
        weighted = self.attention.weighted
        loops = self.attention.read_of_exponentials.loops
        return [d for d, loop in enumerate(weighted.output_loops) if loop in loops]

    @property
    def rereads(self) -> tuple[Reread, ...]:
        """Each part has keys, values and masks of its own; queries are shared."""
        found: list[Reread] = []
        for name in self.group.live_ins:
            readers = self.group.consumers[name]
            reads = {a for o in readers for a in o.reads if a.tensor == name}
            if len(reads) > 1:
                found += [Reread(name, reader.name) for reader in readers[1:]]
        return tuple(found)

    def streams(self, depth: int) -> Iterator[tuple[tuple[Block, ...], tuple[Keep, ...]]]:
        """Nothing, the keys, or keys and values in blocks, and what then has to be kept.

        What a part leaves is kept for the next, or it would run within the blocks of that.
        """
        a = self.attention
        keys = list(self._blocks(a.scores, a.keys[a.scores.name]))
        columns = [o for o in a.weighted.output_loops if o not in a.read_of_exponentials.loops]
        values = list(self._blocks(a.weighted, columns[-1])) if columns else []
        left = [part.write.tensor for part in self._parts(a.weighted)[:-1]]
        yield (), ()
        yield tuple(keys), ()
        if values:
            yield (*keys, *values), tuple(Keep(name, depth) for name in left)

    def _parts(self, operator: Operator) -> tuple[Operator, ...]:
        own = [o for o in self.attention.operators if o != self.attention.shares]
        return self.group.operators[own.index(operator) :: len(own)]

    def _blocks(self, operator: Operator, loop: int) -> Iterator[Block]:
        for part in self._parts(operator):
            extent = part.extents[loop]
            if extent > 1:
                yield Block(part.name, loop, -(-extent // 2))
