"""Loop nests over flat buffers: every operand is a row of elements, and a loop steps over it."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Loop:
    """A loop of a nest, and by how many elements each operand moves from one iteration to the next."""

    extent: int
    is_parallel: bool
    strides: tuple[int, ...]

    def continues(self, inner: Loop) -> bool:
        """Whether this loop around `inner` is one longer loop for every operand."""
        return self.is_parallel == inner.is_parallel and all(
            outer == step * inner.extent
            for outer, step in zip(self.strides, inner.strides, strict=True)
        )


@dataclass(frozen=True)
class Nest:
    """Loops, of which the parallel ones may run in any order; the last operand is the result."""

    loops: tuple[Loop, ...]

    @property
    def operands(self) -> int:
        return len(self.loops[0].strides)

    @property
    def result(self) -> int:
        return self.operands - 1

    @cached_property
    def has_reduction(self) -> bool:
        return bool(self.reductions)

    @property
    def iterations(self) -> int:
        return math.prod(loop.extent for loop in self.loops)

    @cached_property
    def parallel(self) -> tuple[int, ...]:
        """The numbers of the parallel loops."""
        return tuple(n for n, loop in enumerate(self.loops) if loop.is_parallel)

    @cached_property
    def reductions(self) -> tuple[int, ...]:
        """The numbers of the other loops."""
        return tuple(n for n, loop in enumerate(self.loops) if not loop.is_parallel)


def simplified(loops: tuple[Loop, ...]) -> Nest:
    """The nest without loops of one iteration, and with loops merged that walk on over everything.

    So a 1x1 convolution of whole rows has one loop over pixels, and a copy of a dense box one loop.
    """
    rest = [loop for loop in loops if loop.extent != 1]
    while pair := next((p for p in itertools.permutations(rest, 2) if p[0].continues(p[1])), None):
        outer, inner = pair
        merged = Loop(outer.extent * inner.extent, inner.is_parallel, inner.strides)
        rest[rest.index(inner)] = merged
        rest.remove(outer)
    return Nest(tuple(rest) or (Loop(1, True, (1,) * len(loops[0].strides)),))
