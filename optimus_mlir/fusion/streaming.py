"""What streaming could save and must cost, for all tile sizes of a family, before it is priced."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimus_mlir.cost import Block
from optimus_mlir.cost.buffers import Source, tensor_of, volume
from optimus_mlir.cost.region import Grid
from optimus_mlir.cost.stages import Regions
from optimus_mlir.workload import Access, Graph, Operator

NONE = np.array([0])


@dataclass(frozen=True, eq=False)
class Streaming:
    """Bounds for a family with these regions to which some of the blocks are added.

    Its tensors take up to `sizes` bytes on chip; those `kept` do not come again for a block.
    """

    regions: Regions
    blocks: Sequence[Block]
    kept: Container[str]
    sizes: Mapping[Source, Grid]

    @cached_property
    def leanest(self) -> Mapping[Source, Grid]:
        """The bytes that each tensor takes at the least, however many of the blocks are added.

        What a block does not move stays as large, and is live together with the same things.
        """
        sizes = dict(self.sizes)
        for left in self._left:
            sizes |= left
        return sizes

    def saved_bytes(self) -> Iterator[Grid]:
        """What the first block makes the footprint smaller by at the most, the first two, .."""
        sizes, saved = dict(self.sizes), NONE
        for left in self._left:
            saved = saved + sum((sizes[name] - least for name, least in left.items()), start=NONE)
            sizes |= left
            yield saved

    def more_elements(self) -> Iterator[Grid]:
        """What the first block moves more at the least, the first two, ..

        Weights that nobody else reads come at every step at which their operator is busy, not once.
        """
        more = NONE
        for block in self.blocks:
            operator = self._operators[block.operator]
            names = _own_weights(self.regions.group, operator, block.loop)
            more = sum((self._again(operator, n) for n in names if n not in self.kept), start=more)
            yield more

    @cached_property
    def _operators(self) -> dict[str, Operator]:
        return {operator.name: operator for operator in self.regions.group.operators}

    @cached_property
    def _left(self) -> list[dict[Source, Grid]]:
        """By block, the bytes left of what it moves: some of a result, of operands perhaps nothing.

        Operands need not be on chip while other operators run.
        """
        found: list[dict[Source, Grid]] = []
        for block in self.blocks:
            operator = self._operators[block.operator]
            moved = moved_by(self.regions.group, operator, block.loop)
            left = {source: NONE for source in self.sizes if tensor_of(source) in moved}
            result = operator.write.tensor
            if not self.regions.group.consumers[result]:
                left[result] = self.sizes[result] // operator.extents[block.loop]
            found.append(left)
        return found

    def _again(self, operator: Operator, name: str) -> Grid:
        work, buffer = self.regions.stages[operator.name].work, self.regions.buffers[name]
        region = next(
            region
            for access, (region, _) in zip(operator.reads, work.regions, strict=True)
            if access.tensor == name
        )
        guard = (*work.guard, *self.regions.idle[operator.write.tensor])
        once = volume(buffer.fresh, buffer.loops)
        return np.maximum(volume(region, work.base, guard) - once, 0)


def moved_by(group: Graph, operator: Operator, loop: int) -> set[str]:
    """The operands of which a block of an operator's loop may need less than all of the loop.

    And what the producers of these read for a block, and so on.
    """
    moved: set[str] = set()
    waiting = [(operator, loop)]
    while waiting:
        reader, moving = waiting.pop()
        for access in reader.reads:
            for dimension in _dimensions(access, moving):
                moved.add(access.tensor)
                producer = group.producer.get(access.tensor)
                if producer is not None:
                    waiting.append((producer, producer.output_loop(dimension)))
    return moved


def _dimensions(access: Access, loop: int) -> list[int]:
    return [d for d, index in enumerate(access.indices) if loop in index.loops]


def _own_weights(group: Graph, operator: Operator, loop: int) -> list[str]:
    """The weights that a loop moves and that are read nowhere else."""
    names = [access.tensor for access in operator.reads]
    return [
        access.tensor
        for access in operator.reads
        if loop in access.loops
        and names.count(access.tensor) == 1
        and group.tensors[access.tensor].constant
        and group.consumers[access.tensor] == (operator,)
    ]
