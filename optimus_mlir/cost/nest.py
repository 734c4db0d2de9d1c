"""The loop nest of an operator without its names, which remembers what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from optimus_mlir.cost.region import Range, image
from optimus_mlir.workload import Graph, Linear, Operator

Box = tuple[Range, ...]
Loops = tuple[Range, ...]  # what each loop of a nest runs over
Answer = tuple[tuple[Box, Box], ...]  # per access: what it needs with its padding, and without

MEMORY = 4096  # questions that one nest remembers


Indices = tuple[tuple[Linear, tuple[int, ...], int], ...]  # each with its loops and its extent


@dataclass(frozen=True, eq=False)
class Nest:
    """Which boxes an operator reads to compute a box of its result.

    Groups share operators, networks repeat them, and tile sizes recur: most questions were asked
    before, and are recognised by the identity of their ranges.
    """

    whole: Loops
    output_loops: tuple[int, ...]
    accesses: tuple[Indices, ...]
    _answers: dict[Loops, Answer] = field(default_factory=dict[Loops, Answer])

    def loops(self, box: Box) -> list[Range]:
        """The loops that compute a box of the result: reductions run over everything."""
        loops = list(self.whole)
        for loop, result in zip(self.output_loops, box, strict=True):
            loops[loop] = result
        return loops

    def box(self, loops: Loops) -> Box:
        """The box of the result that the loops compute, or add to."""
        return tuple(loops[loop] for loop in self.output_loops)

    def reads(self, loops: Loops) -> Answer:
        """For each access, what it needs: with its padding, and without."""
        if loops not in self._answers:
            if len(self._answers) >= MEMORY:
                self._answers.clear()
            self._answers[loops] = tuple(_reads(indices, loops) for indices in self.accesses)
        return self._answers[loops]


def _reads(indices: Indices, loops: Sequence[Range]) -> tuple[Box, Box]:
    if any(r.is_idle for r in loops):  # what is never computed reads nothing, constants included
        return (Range.whole(0),) * len(indices), (Range.whole(0),) * len(indices)
    ranges = [
        _need(index, tuple(loops[loop] for loop in its_loops), extent)
        for index, its_loops, extent in indices
    ]
    return tuple(need for need, _ in ranges), tuple(inside for _, inside in ranges)


@lru_cache(maxsize=2**16)
def _need(index: Linear, ranges: tuple[Range, ...], extent: int) -> tuple[Range, Range]:
    need = image(index, ranges)
    return need, need.clamped(extent)


def nests_of(group: Graph) -> dict[str, Nest]:
    """The nest of every operator; one and the same for all operators of the same geometry."""
    return {operator.name: _nest_of(operator, group) for operator in group.operators}


def _nest_of(operator: Operator, group: Graph) -> Nest:
    return _nest(
        operator.extents,
        tuple(operator.output_loop(d) for d in range(len(operator.write.indices))),
        tuple((access.indices, group.tensors[access.tensor].shape) for access in operator.reads),
    )


@lru_cache(maxsize=1024)
def _nest(
    extents: tuple[int, ...],
    output_loops: tuple[int, ...],
    accesses: tuple[tuple[tuple[Linear, ...], tuple[int, ...]], ...],
) -> Nest:
    return Nest(
        tuple(map(Range.whole, extents)),
        output_loops,
        tuple(
            tuple(
                (index, index.loops, extent) for index, extent in zip(indices, shape, strict=True)
            )
            for indices, shape in accesses
        ),
    )
