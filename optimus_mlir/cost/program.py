"""A schedule spelt out: the loops, transfers and computations of a group, with exact regions.

The program is what is priced (`traffic`, `footprint`) and what is emitted (`passes`), so that a
prediction and an execution cannot describe different things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.cost.buffers import (
    Buffer,
    Regions,
    Streaming,
    blocked,
    infer_regions,
    streamable,
)
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.region import Axis, Range
from optimus_mlir.cost.schedule import Block, Schedule, Unschedulable
from optimus_mlir.workload import Graph, Operator


@dataclass(frozen=True, eq=False)
class Shift:
    """Move a window's halo to the front of its buffer, at the start of a step."""

    buffer: Buffer


@dataclass(frozen=True, eq=False)
class Load:
    """Copy the fresh part of a live-in from DRAM into its buffer."""

    buffer: Buffer
    box: Box


@dataclass(frozen=True, eq=False)
class Compute:
    """Compute a box of an operator's result; `needs` are the unclamped boxes of its reads."""

    operator: Operator
    buffer: Buffer
    box: Box
    needs: tuple[tuple[Buffer, Box], ...]


@dataclass(frozen=True, eq=False)
class Store:
    """Copy a box of a live-out from its buffer to DRAM."""

    buffer: Buffer
    box: Box


@dataclass(frozen=True, eq=False)
class Loop:
    """`body` at every step of `axis`; not at all where `guard`, which it computes, is empty."""

    axis: Axis
    body: tuple[Node, ...]
    guard: Box = ()


Node = Loop | Shift | Load | Compute | Store


@dataclass(frozen=True, eq=False)
class Program:
    """The body of a group and the buffers that it uses, by tensor."""

    body: tuple[Node, ...]
    buffers: Mapping[str, Buffer]


def build_program(group: Graph, schedule: Schedule) -> Program:
    """Spell out `schedule` for `group`; raises Unschedulable where it makes no sense."""
    regions = infer_regions(group, schedule.tiles, schedule.windows)
    return lay_out(regions, schedule.blocks)


def lay_out(regions: Regions, blocks: Sequence[Block]) -> Program:
    """The program of a group whose regions are known, producers first."""
    return _Layout(regions, blocks).program()


class _Layout:
    """Puts every node at the depth of the buffer that it fills; inner loops come last."""

    def __init__(self, regions: Regions, blocks: Sequence[Block]) -> None:
        self.regions = regions
        self.group = regions.group
        self.buffers = dict(regions.buffers)
        self.bodies: list[list[Node]] = [[] for _ in range(len(regions.axes) + 1)]
        self.streams = _streams(regions, blocks)

    def program(self) -> Program:
        for operator in self.group.operators:
            result = self.buffers[operator.write.tensor]
            self._load_reads(operator, result)
            self.bodies[result.depth] += self._compute(operator, result)
        root = self.buffers[self.group.outputs[0]]
        self.bodies[-1].append(Store(root, root.fresh))
        for depth in reversed(range(len(self.regions.axes))):
            loop = Loop(self.regions.axes[depth], tuple(self.bodies[depth + 1]))
            self.bodies[depth].append(loop)
        return Program(tuple(self.bodies[0]), self.buffers)

    def _load_reads(self, operator: Operator, result: Buffer) -> None:
        """Fetch what no earlier operator has fetched."""
        stream = self.streams.get(operator.name)
        if stream is not None:
            self.buffers |= stream.buffers
        for name in dict.fromkeys(access.tensor for access in operator.reads):
            if stream is not None and name in stream.buffers:
                continue
            buffer = self.buffers[name]
            if buffer.depth > result.depth:
                raise Unschedulable(f"{name} moves within a step of {operator.name}")
            if name not in self.group.producer and operator is self.group.consumers[name][0]:
                self.bodies[buffer.depth] += [*_shift(buffer), Load(buffer, buffer.fresh)]

    def _compute(self, operator: Operator, result: Buffer) -> list[Node]:
        stream = self.streams.get(operator.name)
        if stream is None:
            return [*_shift(result), self._step(operator, result, result.fresh)]
        loads = [Load(buffer, buffer.fresh) for buffer in stream.buffers.values()]
        box = blocked(result.fresh, stream.dimension, stream.axis)
        body = (*loads, self._step(operator, result, box))
        return [*_shift(result), Loop(stream.axis, body, result.fresh)]

    def _step(self, operator: Operator, result: Buffer, box: Box) -> Compute:
        reads = zip(operator.reads, self.regions.nests[operator.name].reads(box), strict=True)
        needs = tuple((self.buffers[access.tensor], need) for access, (need, _) in reads)
        return Compute(operator, result, box, needs)


def _streams(regions: Regions, blocks: Sequence[Block]) -> dict[str, Streaming]:
    operators = {operator.name: operator for operator in regions.group.operators}
    streams: dict[str, Streaming] = {}
    for block in blocks:
        operator = operators.get(block.operator)
        known = operator is not None and 0 <= block.dimension < len(operator.write.indices)
        if operator is None or not known or block.size < 1 or block.operator in streams:
            raise Unschedulable(
                f"no block of {block.size} along {block.operator}.d{block.dimension}"
            )
        stream = regions.streaming(operator, block)
        if stream is not None:
            streams[block.operator] = stream
    return streams


def _shift(buffer: Buffer) -> list[Node]:
    return [] if buffer.window is None else [Shift(buffer)]


__all__ = [
    "Axis",
    "Block",
    "Box",
    "Buffer",
    "Compute",
    "Load",
    "Loop",
    "Node",
    "Program",
    "Range",
    "Shift",
    "Store",
    "build_program",
    "lay_out",
    "streamable",
]
