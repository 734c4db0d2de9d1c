"""A schedule spelt out: the loops, transfers and computations of a group, with exact regions.

The program is what is priced (`traffic`, `footprint`) and what is emitted (`tiling`), so that a
prediction and an execution cannot describe different things.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from optimus_mlir.cost.buffers import Buffer, Path, Source
from optimus_mlir.cost.nest import Box, Loops
from optimus_mlir.cost.region import Axis
from optimus_mlir.cost.schedule import Schedule
from optimus_mlir.cost.stages import Regions, Stage, infer_regions
from optimus_mlir.workload import Access, Graph, Operator


@dataclass(frozen=True, eq=False)
class Shift:
    """Move a window's halo to the front of its buffer, at the start of a step.

    Not while one of the `guard` ranges is empty: nothing comes through the window then.
    """

    buffer: Buffer
    guard: Box = ()


@dataclass(frozen=True, eq=False)
class Load:
    """Copy the fresh part of a live-in from DRAM into its buffer.

    Not while one of the `guard` ranges is empty: nobody would read it.
    """

    buffer: Buffer
    box: Box
    guard: Box = ()


class Phase(Enum):
    """Which part of an operator a computation is."""

    WHOLE = "whole"
    START = "start"  # set the partial sums to their initial value
    PARTIAL = "partial"  # add the products of one block
    FINISH = "finish"  # apply the elementwise operations that follow the sum


@dataclass(frozen=True, eq=False)
class Compute:
    """Compute a box of an operator's result, or a phase of that.

    `loops` is what each loop of the nest runs over; `needs` are the unclamped boxes of the reads
    that take part, the first of which is read number `first_read`. Nothing is done while one of the
    `guard` ranges is empty: nobody would read it.
    """

    operator: Operator
    buffer: Buffer
    box: Box
    loops: Loops
    needs: tuple[tuple[Buffer, Box], ...]
    phase: Phase = Phase.WHOLE
    first_read: int = 0
    guard: Box = ()

    @property
    def multiplies(self) -> bool:
        """Whether it does the multiply-accumulates of its loops."""
        return self.phase in (Phase.WHOLE, Phase.PARTIAL) and self.operator.macs > 0


@dataclass(frozen=True, eq=False)
class Store:
    """Copy a box of a live-out from its buffer to DRAM, at every step: it has no guard to heed."""

    buffer: Buffer
    box: Box
    guard: ClassVar[Box] = ()


@dataclass(frozen=True, eq=False)
class Loop:
    """Run `body` for each step of `axis`; not at all while one of the `guard` ranges is empty."""

    axis: Axis
    body: tuple[Node, ...]
    guard: Box = ()


Node = Loop | Shift | Load | Compute | Store


@dataclass(frozen=True, eq=False)
class Program:
    """What the accelerator does for a group, in order."""

    body: tuple[Node, ...]
    buffers: Mapping[Source, Buffer]


def build_program(group: Graph, schedule: Schedule) -> Program:
    """Spell out `schedule` for `group`; raises Unschedulable where it makes no sense."""
    tiles = [(tile.dimension, (tile.size,)) for tile in schedule.tiles]
    return lay_out(infer_regions(group, tiles, schedule.keeps, schedule.blocks, schedule.rereads))


def lay_out(regions: Regions) -> Program:
    """The program of a group whose regions are known, producers first."""
    return _Layout(regions).program()


class _Layout:
    """Puts every node into the body of the loops around it; inner loops come last."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self.group = regions.group
        self.bodies: defaultdict[Path, list[Node]] = defaultdict(list)
        self.loaded: set[Source] = set()

    def program(self) -> Program:
        for operator in self.group.operators:
            stage = self.regions.stages[operator.name]
            self._load_all(operator, self._first(stage))
            self._shift(stage.result)
            self._compute(stage)
            self._close(stage)
        axes = self.regions.axes
        for depth in reversed(range(len(axes))):
            body = tuple(self.bodies.pop(axes[: depth + 1], ()))
            self.bodies[axes[:depth]].append(Loop(axes[depth], body))
        return Program(tuple(self.bodies[()]), self.regions.buffers)

    def _first(self, stage: Stage) -> tuple[Access, ...]:
        """What an operator reads from the beginning: what joins partial sums late may come late."""
        reads, late = stage.operator.reads, stage.operator.epilogue_reads
        return reads[: len(reads) - late] if stage.work.accumulates else reads

    def _load_all(self, operator: Operator, reads: Sequence[Access]) -> None:
        for access in reads:
            self._load(operator, access.tensor)

    def _load(self, operator: Operator, tensor: str) -> None:
        source = self.regions.source(operator.name, tensor)
        if tensor in self.group.producer or source in self.loaded:
            return
        self.loaded.add(source)
        buffer = self.regions.buffers[source]
        self._shift(buffer)
        self.bodies[buffer.loops].append(Load(buffer, buffer.fresh, self.regions.idle[source]))

    def _shift(self, buffer: Buffer) -> None:
        if buffer.sliding is not None:
            shift = Shift(buffer, self.regions.idle[buffer.source])
            self.bodies[*buffer.home, buffer.sliding].append(shift)

    def _compute(self, stage: Stage) -> None:
        """The innermost computation, and before its loops the start of partial sums."""
        operator, result, work = stage.operator, stage.result, stage.work
        reads, idle = self._needs(stage), self.regions.idle[result.source]
        phase = Phase.WHOLE
        if work.accumulates:
            start = Compute(operator, result, work.whole, (), (), Phase.START, guard=idle)
            self.bodies[work.path[: work.start]].append(start)
            reads = reads[: len(reads) - operator.epilogue_reads]
            phase = Phase.PARTIAL
        node = Compute(operator, result, work.box, work.loops, reads, phase, guard=idle)
        self.bodies[work.path].append(node)

    def _needs(self, stage: Stage) -> tuple[tuple[Buffer, Box], ...]:
        name = stage.operator.name
        sources = (self.regions.source(name, access.tensor) for access in stage.operator.reads)
        buffers = (self.regions.buffers[source] for source in sources)
        return tuple(zip(buffers, stage.work.needs, strict=True))

    def _close(self, stage: Stage) -> None:
        """Close the stage's own loops; finish sums and store a result where they are complete."""
        path, base, result = stage.work.path, len(stage.work.base), stage.result
        for depth in range(len(path), base - 1, -1):
            body = self.bodies[path[:depth]]
            if stage.work.accumulates and depth == stage.work.start:
                self._load_all(stage.operator, stage.operator.reads)
                body.append(self._finish(stage))
            if result.tensor.name in self.group.outputs and depth == len(result.loops):
                body.append(Store(result, result.fresh))
            if depth > base:
                loop = Loop(path[depth - 1], tuple(self.bodies.pop(path[:depth])), stage.work.guard)
                self.bodies[path[: depth - 1]].append(loop)

    def _finish(self, stage: Stage) -> Compute:
        operator = stage.operator
        first = len(operator.reads) - operator.epilogue_reads
        needs = self._needs(stage)[first:]
        idle = self.regions.idle[stage.result.source]
        box = stage.work.whole
        return Compute(operator, stage.result, box, (), needs, Phase.FINISH, first, idle)


__all__ = [
    "Compute",
    "Load",
    "Loop",
    "Node",
    "Phase",
    "Program",
    "Shift",
    "Store",
    "build_program",
    "lay_out",
]
