"""What a schedule means, played through with sets of indices, step by step.

Written from the definitions in the glossary and not from `optimus_mlir.cost`: no closed form, no
arrays, nothing shared but the description of the network and of the schedule.

A part of a tensor is a set of indices per dimension. At every step of the tile loops each tensor is
needed in a box (the bounding box of what is touched; padding falls away). A tensor comes on chip
again whenever a loop steps that its box depends on, unless a window keeps it: a window is a line
buffer along one dimension; lines enter in order and leave when no step from now on needs them.
"""

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.cost import Schedule
from optimus_mlir.workload import Access, Graph, Linear, Operator

Part = tuple[frozenset[int], ...]
Step = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """Per tile step: what of a tensor is on chip, and what came last.

    Something comes when one of the first `depth` tile loops steps.
    """

    held: Mapping[Step, Part]
    came: Mapping[Step, Part]
    depth: int
    has_halo: bool = False

    def arrivals(self) -> list[Part]:
        return [part for step, part in self.came.items() if not any(step[self.depth :])]


def size(part: Part) -> int:
    return math.prod(map(len, part))


def values(index: Linear, loops: Sequence[frozenset[int]]) -> set[int]:
    """What an index takes when every loop takes all of its values."""
    used = [i for i, c in enumerate(index.coefficients) if c]
    return {
        index.constant + sum(index.coefficients[i] * v for i, v in zip(used, at, strict=True))
        for at in itertools.product(*(loops[i] for i in used))
    }


def loops_of(operator: Operator, part: Part) -> list[frozenset[int]]:
    """The iterations that compute a part of an operator's result."""
    loops = [frozenset(range(extent)) for extent in operator.extents]
    for index, indices in zip(operator.write.indices, part, strict=True):
        loops[index.coefficients.index(1)] = indices
    return loops


def need(access: Access, operator: Operator, part: Part, shape: tuple[int, ...]) -> Part:
    """The bounding box of what an operator touches to compute a part, without padding."""
    loops = loops_of(operator, part)
    touched = (values(index, loops) for index in access.indices)
    return tuple(
        frozenset(range(min(t), max(t) + 1)) & frozenset(range(extent)) if t else frozenset()
        for t, extent in zip(touched, shape, strict=True)
    )


def union_box(parts: Sequence[Part]) -> Part:
    """Dimension by dimension, from the first to the last index of any."""

    def one(sets: tuple[frozenset[int], ...]) -> frozenset[int]:
        joined = frozenset[int]().union(*sets)
        return frozenset(range(min(joined), max(joined) + 1)) if joined else joined

    return tuple(map(one, zip(*parts, strict=True)))


class Simulation:
    """Plays a schedule of a group; `reads` and `writes` count elements by tensor."""

    def __init__(self, group: Graph, schedule: Schedule) -> None:
        self.group = group
        self.root = group.operators[-1]
        self.schedule = schedule
        shape = group.tensors[self.root.write.tensor].shape
        self.tiles = [t for t in schedule.tiles if t.size < shape[t.dimension]]
        counts = [range(-(-shape[t.dimension] // t.size)) for t in self.tiles]
        self.steps: list[Step] = list(itertools.product(*counts))
        self.places: dict[str, Place] = {}
        self._fill_places()
        self.streams = self._streams()
        self.reads = Counter({name: self._fetched(name) for name in group.live_ins})
        self.writes = Counter({self.root.write.tensor: sum(map(size, map(self._tile, self.steps)))})

    # On chip ----------------------------------------------------------------------------------

    def _fill_places(self) -> None:
        """Consumers first: what they compute is what their operands are needed for."""
        root = self.root.write.tensor
        wanted = {root: [{step: self._tile(step) for step in self.steps}]}
        results = [operator.write.tensor for operator in reversed(self.group.operators)]
        for name in [*results, *self.group.live_ins]:
            needs = {s: union_box([each[s] for each in wanted[name]]) for s in self.steps}
            self.places[name] = self._place(name, needs)
            operator = self.group.producer.get(name)
            for access in operator.reads if operator else ():
                shape = self.group.tensors[access.tensor].shape
                came = self.places[name].came
                wanted.setdefault(access.tensor, []).append(
                    {s: need(access, operator, came[s], shape) for s in self.steps}
                )

    def _tile(self, step: Step) -> Part:
        part = [frozenset(range(n)) for n in self.group.tensors[self.root.write.tensor].shape]
        for tile, i in zip(self.tiles, step, strict=True):
            part[tile.dimension] &= frozenset(range(i * tile.size, (i + 1) * tile.size))
        return tuple(part)

    def _place(self, name: str, needs: Mapping[Step, Part]) -> Place:
        depth = self._depth(needs)
        moving = self._moving(needs, depth - 1) if depth else []
        windowed = name in self.schedule.windows and name != self.root.write.tensor
        if not windowed or len(moving) != 1:
            return Place(needs, needs, depth)
        (lines,) = moving
        held = self._line_buffer(needs, depth - 1, lines)
        if not self._moving(held, depth - 1):  # it never lets go of anything: it is no window
            return Place(held, held, self._depth(held))
        came = {s: self._entered(held, s, depth - 1, lines) for s in self.steps}
        return Place(held, came, depth, has_halo=came != held)

    def _depth(self, needs: Mapping[Step, Part]) -> int:
        """How many loops the part depends on: those outside the innermost that changes it."""
        return max((a + 1 for a in range(len(self.tiles)) if self._moving(needs, a)), default=0)

    def _moving(self, needs: Mapping[Step, Part], axis: int) -> list[int]:
        """The dimensions that change when only one loop steps."""
        at_first = {s: needs[_at(s, axis, 0)] for s in self.steps}
        dimensions = range(len(needs[self.steps[0]]))
        return [d for d in dimensions if any(needs[s][d] != at_first[s][d] for s in self.steps)]

    def _line_buffer(
        self, needs: Mapping[Step, Part], axis: int, dimension: int
    ) -> dict[Step, Part]:
        held: dict[Step, Part] = {}
        for first in (s for s in self.steps if s[axis] == 0):
            run = [s for s in self.steps if _at(s, axis, 0) == first]
            lines: set[int] = set()
            entered = -1
            for i, step in enumerate(run):
                ahead = set[int]().union(*(needs[later][dimension] for later in run[i:]))
                lines = {line for line in lines if ahead and line >= min(ahead)}
                for line in range(entered + 1, max(needs[step][dimension], default=-1) + 1):
                    entered = line
                    if line >= min(ahead):
                        lines.add(line)
                held[step] = _with(needs[step], dimension, frozenset(lines))
        return held

    def _entered(self, held: Mapping[Step, Part], step: Step, axis: int, lines: int) -> Part:
        """What a line buffer did not have in the previous step of its loop."""
        if step[axis] == 0:
            return held[step]
        before = held[_at(step, axis, step[axis] - 1)]
        return _with(held[step], lines, held[step][lines] - before[lines])

    # DRAM -------------------------------------------------------------------------------------

    def _fetched(self, name: str) -> int:
        parts = self.streams[name] if name in self.streams else self.places[name].arrivals()
        return sum(map(size, parts))

    def _streams(self) -> dict[str, list[Part]]:
        """Of each live-in that comes block by block: every block at every step that computes."""
        readers = Counter(a.tensor for o in self.group.operators for a in o.reads)
        streams: dict[str, list[Part]] = {}
        for block in self.schedule.blocks:
            operator = next(o for o in self.group.operators if o.name == block.operator)
            loop = operator.write.indices[block.dimension].coefficients.index(1)
            extent = operator.extents[loop]
            starts = range(0, extent, block.size)
            cuts = [frozenset(range(b, min(b + block.size, extent))) for b in starts]
            computed = self.places[operator.write.tensor].arrivals()
            if len(cuts) == 1 or len({part[block.dimension] for part in computed}) > 1:
                continue
            for access in operator.reads:
                name = access.tensor
                walked = any(index.coefficients[loop] for index in access.indices)
                alone = readers[name] == 1 and name in self.group.live_ins
                if walked and alone and not self.places[name].has_halo:
                    shape = self.group.tensors[name].shape
                    streams[name] = [
                        need(access, operator, _with(part, block.dimension, cut), shape)
                        for part in computed
                        if size(part)
                        for cut in cuts
                    ]
        return streams


def _at(step: Step, axis: int, i: int) -> Step:
    return (*step[:axis], i, *step[axis + 1 :])


def _with(part: Part, dimension: int, indices: frozenset[int]) -> Part:
    return (*part[:dimension], indices, *part[dimension + 1 :])
