"""An operator is a loop nest: extents, kinds, and one affine access per tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property


@dataclass(frozen=True)
class Linear:
    """`sum(coefficients[i] * loop[i]) + constant`, one coefficient per loop of the nest.

    Of a tensor whose dimensions are merged, the merged index lies in block `index // divisor`, an
    element of the outermost of them. Of the others an iteration touches all, which is as good as no
    loop and a `span` of that many elements: such a tensor is touched a whole block at a time.
    """

    coefficients: tuple[int, ...]
    constant: int = 0
    divisor: int = 1
    span: int = 1

    def within(self, loops: Sequence[Linear]) -> Linear:
        """The same expression in another nest, given what each loop of this one is there."""
        terms = [(self.coefficients[i], loops[i]) for i in self.loops]
        width = len(loops[0].coefficients) if loops else 0
        coefficients = (sum(c * of.coefficients[i] for c, of in terms) for i in range(width))
        constant = self.constant + sum(c * of.constant for c, of in terms)
        return Linear(tuple(coefficients), constant)

    @cached_property
    def loops(self) -> tuple[int, ...]:
        """The loops that this expression depends on."""
        return tuple(i for i, c in enumerate(self.coefficients) if c)

    @property
    def is_of_blocks(self) -> bool:
        """Whether an iteration touches more than the one element of the sum."""
        return self.divisor > 1 or self.span > 1


@dataclass(frozen=True)
class Access:
    """Which element of `tensor` an iteration touches: one expression per dimension of the tensor.

    An index outside the tensor is padding: it is never fetched, so regions clamp to the shape.
    """

    tensor: str
    indices: tuple[Linear, ...]

    def within(self, loops: Sequence[Linear]) -> Access:
        """The same access in another nest, given what each loop of this one is there."""
        return Access(self.tensor, tuple(index.within(loops) for index in self.indices))

    @cached_property
    def loops(self) -> frozenset[int]:
        return frozenset(loop for index in self.indices for loop in index.loops)

    @cached_property
    def merges(self) -> bool:
        """Whether it reads several dimensions of the tensor as one."""
        return any(index.divisor > 1 for index in self.indices)

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether a loop walks two dimensions of the tensor at once."""
        return len(self.loops) < sum(len(index.loops) for index in self.indices)


class Body(Enum):
    """What one iteration of a nest computes, as far as a rewrite of the graph asks."""

    OTHER = "other"
    MAXIMUM = "maximum"  # of what it reads and what came before
    ALL = "all"  # whether something holds of what it reads and of all that came before
    SUM = "sum"  # of what it reads and what came before
    EXPONENTIAL = "exponential"  # exp(first read - second read)
    SHARE = "share"  # linear in its first read: divided by another, or zero


@dataclass(frozen=True)
class Operator:
    """An anchor's loop nest with every simple op that was merged into it.

    `extents[i]` and `reduction[i]` describe loop i. Every dimension of the written tensor is
    indexed by exactly one parallel loop with coefficient 1; the reads are arbitrary. The last
    `epilogue_reads` of them belong to simple ops that run once the reductions are complete; sums
    that are not complete fit into the result where it `accumulates_in_place`. It `adds_up` where
    every iteration adds a term to a sum that begins at zero.
    """

    name: str
    extents: tuple[int, ...]
    reduction: tuple[bool, ...]
    reads: tuple[Access, ...]
    write: Access
    multiplies: bool = True
    epilogue_reads: int = 0
    accumulates_in_place: bool = True
    adds_up: bool = True
    body: Body = Body.OTHER

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the whole nest; 0 for a nest that only moves or compares."""
        return math.prod(self.extents) if self.multiplies and any(self.reduction) else 0

    def splits(self, loop: int) -> bool:
        """Whether the reduction over `loop` can be done in parts that leave sums in the result."""
        return loop in self._split

    @cached_property
    def _split(self) -> frozenset[int]:
        """No index may add such a loop to another, as a kernel's are added to the image's."""
        if not self.accumulates_in_place:
            return frozenset()
        indices = [index for read in self.reads for index in read.indices]
        alone = {i.loops[0] for i in indices if len(i.loops) == 1 and not i.is_of_blocks}
        joined = {loop for i in indices if len(i.loops) > 1 or i.is_of_blocks for loop in i.loops}
        return frozenset(loop for loop in alone - joined if self.reduction[loop])

    @cached_property
    def output_loops(self) -> tuple[int, ...]:
        """The loop that walks each dimension of the written tensor."""
        return tuple(loop for index in self.write.indices for loop in index.loops)

    def output_loop(self, dimension: int) -> int:
        """The loop that walks `dimension` of the written tensor."""
        return self.output_loops[dimension]

    def output_dimension(self, loop: int) -> int:
        """The dimension of the written tensor that `loop` walks."""
        return self.output_loops.index(loop)
