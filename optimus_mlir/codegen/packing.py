"""Operands copied into another order first, so that some loops walk on over all of them.

The rows of a tile of two columns do not follow on one another in a convolution's input, and most
lanes of a vector would stay empty. In a copy where they do, rows and columns are one loop, as in the
result. Reductions are packed alike, to walk on as they do in the weights. (Goto and van de Geijn,
Anatomy of high-performance matrix multiplication, 2008, pack for the same reason.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from optimus_mlir.codegen.nest import Loop, Nest, simplified

Loops = tuple[Loop, ...]


@dataclass(frozen=True)
class Packing:
    """A dense copy of an operand: (extent, stride in the operand) of its dimensions, outermost first.

    `loops` are those that move along each dimension, by one element an iteration.
    """

    operand: int
    dimensions: tuple[tuple[int, int], ...]
    loops: tuple[tuple[int, ...], ...] = field(default=(), compare=False)

    @property
    def elements(self) -> int:
        return math.prod(extent for extent, _ in self.dimensions)

    @property
    def steps(self) -> tuple[int, ...]:
        """The stride of every dimension in the copy."""
        extents = [extent for extent, _ in self.dimensions]
        return tuple(math.prod(extents[n + 1 :]) for n in range(len(extents)))

    def copying(self) -> Nest:
        """The nest that fills the copy from the operand."""
        pairs = zip(self.dimensions, self.steps, strict=True)
        return simplified(tuple(Loop(n, True, (stride, step)) for (n, stride), step in pairs))


@dataclass(frozen=True)
class PackedNest:
    """A nest that finds some of its operands in copies."""

    nest: Nest
    packings: tuple[Packing, ...] = ()


def packed_nests(loops: Loops) -> Iterator[PackedNest]:
    """The ways to make parallel loops, or reductions, walk on over every operand."""
    longer = [(n, loop.is_parallel) for n, loop in enumerate(loops) if loop.extent != 1]
    for is_parallel in (True, False):
        numbers = [n for n, parallel in longer if parallel == is_parallel]
        for length in range(1, len(numbers) + 1):
            for walk in itertools.permutations(numbers, length):
                packed = _packed(loops, walk)
                if packed.packings:
                    yield packed


def _packed(loops: Loops, walk: tuple[int, ...]) -> PackedNest:
    packings: list[Packing] = []
    strides = [list(loop.strides) for loop in loops]
    for operand in range(len(loops[0].strides)):
        if _walks_on(loops, walk, operand):
            continue
        groups = _groups(loops, walk, operand)
        dimensions = [(_extent(loops, group), loops[group[0]].strides[operand]) for group in groups]
        packings.append(Packing(operand, tuple(dimensions), tuple(map(tuple, groups))))
        for group, step in zip(groups, packings[-1].steps, strict=True):
            for number in group:
                strides[number][operand] = step
    pairs = zip(loops, strides, strict=True)
    moved = (Loop(loop.extent, loop.is_parallel, tuple(steps)) for loop, steps in pairs)
    return PackedNest(simplified(tuple(moved)), tuple(packings))


def _walks_on(loops: Loops, walk: tuple[int, ...], operand: int) -> bool:
    """Whether the loops, outermost first, visit neighbours of this operand, or only one element."""
    expected, dense = 1, True
    for number in reversed(walk):
        dense = dense and loops[number].strides[operand] == expected
        expected *= loops[number].extent
    return dense or not any(loops[number].strides[operand] for number in walk)


def _groups(loops: Loops, walk: tuple[int, ...], operand: int) -> list[list[int]]:
    """The loops that move an operand by the dimension of its copy, those of `walk` innermost.

    What moves the operand like the outermost of `walk`, as rows of a filter do, shares its dimension.
    """
    moving = [n for n, loop in enumerate(loops) if loop.strides[operand] and loop.extent != 1]
    walking = [[n] for n in walk if n in moving]
    first = loops[walking[0][0]].strides[operand]
    others = [n for n in moving if n not in walk]
    walking[0] += [n for n in others if loops[n].strides[operand] == first]
    apart = [[n] for n in others if n not in walking[0]]
    return [*sorted(apart, key=lambda g: -loops[g[0]].strides[operand]), *walking]


def _extent(loops: Loops, group: list[int]) -> int:
    return 1 + sum(loops[number].extent - 1 for number in group)
