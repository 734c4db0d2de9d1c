"""Accesses of one operand at the edges of the array, for many tiles and blocks at once.

Every array is (tiles, blocks), or broadcasts to it; `loops[i]` are figures of loop i.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost.unrolling import Counts, ceil_div
from optimus_mlir.workload import Access, Linear

ONE = np.ones((1, 1), dtype=np.int64)
YES = np.ones((1, 1), dtype=bool)


@dataclass(frozen=True)
class Mapping:
    """A nest on the array: per loop its extent, how much runs side by side, and a PE's block.

    `order` has the loops around the blocks, outermost first.
    """

    extents: Sequence[Counts]
    unrolled: Sequence[Counts]
    blocks: Sequence[Counts]
    order: tuple[int, ...]

    def trips(self, loop: int) -> Counts:
        """How often the loop around the blocks advances."""
        return ceil_div(self.extents[loop], self.unrolled[loop] * self.blocks[loop])

    def array_blocks(self) -> list[Counts]:
        """What all PEs together have of each loop."""
        loops = zip(self.extents, self.unrolled, self.blocks, strict=True)
        return [np.minimum(extent, side * block) for extent, side, block in loops]

    def cycles_of(self, loop: int) -> Counts:
        """Iterations of a loop that are left to one PE."""
        return ceil_div(self.extents[loop], self.unrolled[loop])


@dataclass(frozen=True)
class Fetches:
    """How often elements of an operand enter the array, and how often they enter a PE."""

    array: Counts
    pes: Counts


def fetches_kept(mapping: Mapping, access: Access) -> Fetches:
    """Of an operand that stays in the register files while loops that do not index it run.

    The innermost loop that moves it sweeps over its whole extent: what two neighbouring blocks
    share (a window's halo) is kept, if blocks have no gaps. All loops around it fetch again.
    """
    resting = YES
    pe_blocks = list(mapping.blocks)
    array_blocks = mapping.array_blocks()
    again, copies = ONE, ONE
    for loop in reversed(mapping.order):
        trips, extent = mapping.trips(loop), mapping.extents[loop]
        if loop in access.loops:
            sweeps = resting & (trips > 1)
            dense = sweeps & _is_dense(access, loop, array_blocks)
            array_blocks[loop] = np.where(dense, extent, array_blocks[loop])
            alone = sweeps & _is_dense(access, loop, pe_blocks) & (mapping.unrolled[loop] == 1)
            pe_blocks[loop] = np.where(alone, extent, pe_blocks[loop])
            resting = resting & (trips == 1)
        else:
            fills = ceil_div(extent, mapping.blocks[loop])
            again = again * np.where(resting, 1, trips)
            copies = copies * np.where(resting, np.minimum(mapping.unrolled[loop], fills), fills)
    return Fetches(
        again * _touched(access, mapping.extents, array_blocks),
        copies * _touched(access, mapping.extents, pe_blocks),
    )


def fetches_for_every_mac(mapping: Mapping, access: Access) -> Fetches:
    """Of an operand without a place in the register files: one fetch serves one cycle's PEs."""
    idle = (i for i in range(len(mapping.extents)) if i not in access.loops)
    again = product(mapping.cycles_of(loop) for loop in idle)
    return Fetches(
        again * _touched(access, mapping.extents, mapping.unrolled), product(mapping.extents)
    )


def distinct(mapping: Mapping, access: Access) -> Counts:
    """The elements that the whole tile touches, each once."""
    return _touched(access, mapping.extents, mapping.extents)


def _is_dense(access: Access, loop: int, blocks: Sequence[Counts]) -> NDArray[np.bool_]:
    """Whether a block covers a range without gaps where `loop` moves it."""
    dense = YES
    for index in access.indices:
        if loop in index.loops and len(index.loops) > 1:
            iterations = product(blocks[i] for i in index.loops)
            dense = dense & (_reach(index, [blocks[i] for i in index.loops]) <= iterations)
    return dense


def _reach(index: Linear, sizes: Iterable[Counts]) -> Counts:
    """From the least to the greatest index that loops of these sizes touch."""
    pairs = zip(index.loops, sizes, strict=True)
    return sum((abs(index.coefficients[i]) * (size - 1) for i, size in pairs), ONE)


def _touched(access: Access, extents: Sequence[Counts], blocks: Sequence[Counts]) -> Counts:
    """Elements touched, summed over all blocks; shared ones count once in every block."""
    return product(_span(index, extents, blocks) for index in access.indices)


def _span(index: Linear, extents: Sequence[Counts], blocks: Sequence[Counts]) -> Counts:
    """Indices that one expression touches, summed over the blocks of its loops.

    In a block: from the least to the greatest, or as many as there are iterations if those are
    fewer. Blocks are whole or the last of their loop, so a few products cover all of them.
    """
    if len(index.loops) <= 1:
        return extents[index.loops[0]] if index.loops else ONE
    sizes = [_whole_and_last(extents[i], blocks[i]) for i in index.loops]
    total = np.zeros((1, 1), dtype=np.int64)
    for choice in itertools.product(*sizes):
        reach = _reach(index, (size for size, _ in choice))
        elements = np.minimum(reach, product(size for size, _ in choice))
        total = total + elements * product(times for _, times in choice)
    return total


def _whole_and_last(extent: Counts, block: Counts) -> tuple[tuple[Counts, Counts], ...]:
    """The sizes of a loop's blocks, and how many have that size."""
    whole = extent // block
    rest = extent - whole * block
    return (block, whole), (rest, np.minimum(rest, 1))


def product(factors: Iterable[Counts]) -> Counts:
    return reduce(np.multiply, factors, ONE)
