"""Stages: what each operator of a group computes at every step, found from the results backwards."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce

import numpy as np

from optimus_mlir.cost.buffers import (
    Buffer,
    Path,
    Source,
    accumulating,
    buffer_of,
    covering,
    taking_turns,
    tensor_of,
    volume,
)
from optimus_mlir.cost.guards import either
from optimus_mlir.cost.nest import Box, Loops, Nest, nests_of
from optimus_mlir.cost.region import Axis, Range, inner_axis, tile_axis
from optimus_mlir.cost.schedule import Block, Keep, Reread, Unschedulable, Unshareable
from optimus_mlir.workload import Graph, Operator

Sizes = tuple[int, tuple[int, ...]]  # a dimension of the result, and tile sizes along it


@dataclass(frozen=True, eq=False)
class Work:
    """How an operator computes a box, step by step of its own loops.

    `base` are the loops that it shares with the readers of its result, the rest of `path` are its
    own. Where one of these is a reduction, partial sums of `whole` are started and finished outside
    it, at depth `start`. `guard` is what the base loops want of it; nothing runs when that is empty.
    `box` is what one step of the innermost loop computes, or adds to.
    """

    base: Path
    path: Path
    start: int
    guard: Box
    whole: Box
    box: Box
    loops: Loops
    needs: tuple[Box, ...]  # of each read, with its padding
    regions: tuple[tuple[Box, Path], ...]  # of each read, without it, and the loops around it

    @property
    def accumulates(self) -> bool:
        return self.start < len(self.path)

    @cached_property
    def idle(self) -> Box:
        """The part of the guard that is empty at some steps."""
        return tuple(r for r in self.guard if not r.is_busy)


@dataclass(frozen=True, eq=False)
class Stage:
    """An operator at work, and where its result goes."""

    operator: Operator
    result: Buffer
    work: Work


@dataclass(frozen=True, eq=False)
class Regions:
    """The tile loops of a group, its buffers and its stages.

    `idle` are the guards of buffers: while one of the ranges is empty, nobody wants what would come.
    """

    group: Graph
    axes: Path
    buffers: Mapping[Source, Buffer]
    stages: Mapping[str, Stage]
    idle: Mapping[Source, Box]

    def source(self, operator: str, tensor: str) -> Source:
        """What the operator reads: its own copy of the tensor if it has one."""
        return source_of(self.buffers, operator, tensor)

    @cached_property
    def live_ins(self) -> list[Source]:
        """What is fetched."""
        return [s for s in self.buffers if tensor_of(s) not in self.group.producer]

    def readers(self, source: Source) -> list[Operator]:
        return readers_of(self.group, self.buffers, source)


def source_of(sources: Container[Source], operator: str, tensor: str) -> Source:
    own = tensor, operator
    return own if own in sources else tensor


def readers_of(group: Graph, sources: Container[Source], source: Source) -> list[Operator]:
    """Who reads a copy, or what all that have no copy share."""
    name = tensor_of(source)
    return [o for o in group.consumers[name] if source_of(sources, o.name, name) == source]


def infer_regions(
    group: Graph,
    tiles: Sequence[Sizes],
    keeps: Iterable[Keep] = (),
    blocks: Iterable[Block] = (),
    rereads: Iterable[Reread] = (),
    *,
    known: Known | None = None,
) -> Regions:
    """Push the results' tiles back through the accesses, consumers first.

    Who asks often about one group passes what is `known` about it.
    """
    known = Known(nests_of(group)) if known is None else known
    depths = {**_depths(group, keeps), **_rereads(group, rereads)}
    return _Inference(group, known, tile_axes(group, tiles), depths, blocks).regions()


@dataclass(frozen=True)
class Known:
    """The nests of a group, and the stages that some schedule of it had before."""

    nests: Mapping[str, Nest]
    stages: dict[tuple[object, ...], Stage] = field(default_factory=dict[tuple[object, ...], Stage])
    fetched: dict[tuple[object, ...], Buffer] = field(
        default_factory=dict[tuple[object, ...], Buffer]
    )


def tile_axes(group: Graph, tiles: Sequence[Sizes]) -> dict[int, Axis]:
    """The loops with more than one step, by dimension of the last result, outermost first."""
    shape = group.tensors[group.operators[-1].write.tensor].shape
    sizes: dict[int, tuple[int, ...]] = {}
    for dimension, steps in tiles:
        if not 0 <= dimension < len(shape) or min(steps) < 1 or dimension in sizes:
            raise Unschedulable(f"no tile of {steps[0]} along dimension {dimension}")
        if min(steps) < shape[dimension]:
            sizes[dimension] = steps
    return {
        dimension: tile_axis(f"d{dimension}", shape[dimension], steps, len(sizes) - 1 - i)
        for i, (dimension, steps) in enumerate(sizes.items())
    }


class _Inference:
    def __init__(
        self,
        group: Graph,
        known: Known,
        axes: Mapping[int, Axis],
        depths: Mapping[Source, int | None],
        blocks: Iterable[Block],
    ) -> None:
        self.group = group
        self.known = known
        self.axes = axes
        self.depths = depths
        self.blocks = _blocks(group, blocks)
        self.wanted: dict[Source, list[tuple[Box, Path]]] = {}
        self.reads: dict[Source, list[tuple[Operator, Box]]] = {}
        self.buffers: dict[Source, Buffer] = {}
        self.guards: dict[Axis, Box] = {}  # of each inner loop: when it does not run

    def regions(self) -> Regions:
        for operator in self.group.operators:
            if not self.group.consumers[operator.write.tensor]:
                self._want(operator.write.tensor, *self._share(operator))
        stages = {o.name: self._stage(o) for o in reversed(self.group.operators)}
        live_ins = [s for s in self.wanted if tensor_of(s) not in self.group.producer]
        axes, idle = tuple(self.axes.values()), self._idle(self.buffers, stages, {})
        try:
            self.buffers |= {source: self._fetched(source) for source in live_ins}
            idle = self._idle(live_ins, stages, idle)
        except Unschedulable as reason:
            raise Unshareable(str(reason)) from None
        return Regions(self.group, axes, self.buffers, stages, idle)

    def _idle(
        self, sources: Iterable[Source], stages: Mapping[str, Stage], known: Mapping[Source, Box]
    ) -> dict[Source, Box]:
        """Of every buffer, when all of its readers, and who reads their results, do nothing.

        That is while one of the ranges is empty. A result with fewer elements than there are tile
        steps is idle at some of them, and so is what computes padding only; among several readers
        also one that sees only padding of this tensor. What outlives such a step may still be
        wanted at the next.
        """
        idle = dict(known)
        for source in sources:  # who reads a result comes before it
            leaves, home = source in self.group.outputs, self.buffers[source].home
            idle[source] = () if leaves else either(self._guards(source, stages, idle), home)
        return idle

    def _guards(
        self, source: Source, stages: Mapping[str, Stage], idle: Mapping[Source, Box]
    ) -> Iterator[Box]:
        """When each reader of a buffer has something to do."""
        reads = self.reads[source]
        for reader, box in reads:
            of_reader = (*stages[reader.name].work.idle, *idle[reader.write.tensor])
            yield (*of_reader, *box) if len(reads) > 1 else of_reader

    def _share(self, operator: Operator) -> tuple[Box, Path]:
        """The part of a last result that belongs to each tile step."""
        shape = self.group.tensors[operator.write.tensor].shape
        if len(shape) <= max(self.axes, default=-1):
            raise Unschedulable(f"{operator.name}: its result lacks a tiled dimension")
        box = tuple(
            Range.share(self.axes[d], extent) if d in self.axes else Range.whole(extent)
            for d, extent in enumerate(shape)
        )
        return box, tuple(self.axes.values())

    def _want(self, source: Source, box: Box, path: Path) -> None:
        self.wanted.setdefault(source, []).append((box, path))

    def _stage(self, operator: Operator) -> Stage:
        name, stage = operator.write.tensor, self._at_work(operator)
        work = stage.work
        self.buffers[name] = stage.result
        if name in self.group.outputs:
            self._require_once(stage.result)
        if len(work.path) > len(work.base):
            self.guards |= dict.fromkeys(work.path[len(work.base) :], work.guard)
        for access, (region, around) in zip(operator.reads, work.regions, strict=True):
            source = source_of(self.depths, operator.name, access.tensor)
            self._want(source, region, around)
            self.reads.setdefault(source, []).append((operator, region))
        return stage

    def _at_work(self, operator: Operator) -> Stage:
        """The operator at work, as other families may have asked for already."""
        name = operator.write.tensor
        blocks, wanted = tuple(self.blocks[operator.name]), tuple(self.wanted[name])
        ends, leaves = not self.group.consumers[name], name in self.group.outputs
        key = (operator.name, blocks, wanted, self.depths.get(name), ends, leaves)
        if key not in self.known.stages:
            result = self._place(name)
            work = _work(operator, self.known.nests[operator.name], blocks, result)
            self.known.stages[key] = Stage(operator, self._result(result, work), work)
        return self.known.stages[key]

    def _result(self, place: Buffer, work: Work) -> Buffer:
        """Where a result goes, once it is known how it is computed."""
        name = place.tensor.name
        if self.group.consumers[name]:
            return accumulating(place) if work.accumulates else place
        path, depth = work.path[: work.start], self.depths.get(name)
        result = buffer_of(place.tensor, work.whole, path, depth, accumulates=work.accumulates)
        return taking_turns(result) if result.is_new_each_step else result

    def _require_once(self, buffer: Buffer) -> None:
        """A live-out must come once: nothing of it while a reader's loops around it do not run."""
        guards = (r for axis in buffer.loops for r in self.guards.get(axis, ()))
        if not buffer.comes_once or _misses(buffer, tuple(r for r in guards if not r.is_busy)):
            raise Unschedulable(
                f"{buffer.tensor.name} leaves the group but does not come exactly once"
            )

    def _fetched(self, source: Source) -> Buffer:
        """The place of a live-in, which other families may have had in the same."""
        key = source, tuple(self.wanted[source]), self.depths.get(source)
        if key not in self.known.fetched:
            self.known.fetched[key] = self._place(source)
        return self.known.fetched[key]

    def _place(self, source: Source) -> Buffer:
        name, wanted = tensor_of(source), self.wanted[source]
        tensor, reader = self.group.tensors[name], None if source == name else source[1]
        region, path = wanted[0]
        if len(wanted) > 1:
            path = _common([path for _, path in wanted])
            boxes = [tuple(r if r.axis in path else r.at_once for r in box) for box, _ in wanted]
            region = tuple(reduce(Range.hull, ranges) for ranges in zip(*boxes, strict=True))
        if name in self.group.outputs:
            region = covering(tensor, region)
        loaded, depth = name not in self.group.producer, self.depths.get(source)
        return buffer_of(tensor, region, path, depth, dma=loaded, reader=reader)


def _misses(buffer: Buffer, guard: Box) -> bool:
    """Whether some of a buffer would come while one of these ranges is empty."""
    if not guard:
        return False
    whole, coming = (volume(buffer.fresh, buffer.loops, g) for g in ((), guard))
    return bool(np.any(coming != whole))


def _work(operator: Operator, nest: Nest, blocks: Sequence[Block], result: Buffer) -> Work:
    whole = nest.loops(result.fresh)
    inside, own, start = whole.copy(), list[Axis](), None
    for block in blocks:
        extent, outer = operator.extents[block.loop], inside[block.loop]
        axis = inner_axis(f"{operator.name}.l{block.loop}", extent, block.size)
        if axis.only_steps == 1:
            continue
        if not outer.is_all_of(extent):
            raise Unschedulable(f"{operator.name}: loop {block.loop} does not run at once")
        inside[block.loop] = Range.tiled(axis)
        if not operator.reduction[block.loop]:
            whole[block.loop] = inside[block.loop] if start is None else whole[block.loop]
        elif not operator.splits(block.loop):
            raise Unschedulable(f"{operator.name}: no partial sums over loop {block.loop}")
        elif start is None:
            start = len(result.loops) + len(own)
        own.append(axis)
    path = (*result.loops, *own)
    start = len(path) if start is None else start
    sums = len(operator.reads) - operator.epilogue_reads
    answers = [
        *((*answer, path) for answer in nest.reads(tuple(inside))[:sums]),
        *((*answer, path[:start]) for answer in nest.reads(tuple(whole))[sums:]),
    ]
    return Work(
        result.loops,
        path,
        start,
        result.fresh,
        nest.box(tuple(whole)),
        nest.box(tuple(inside)),
        tuple(inside),
        tuple(need for need, _, _ in answers),
        tuple((region, around) for _, region, around in answers),
    )


def _common(paths: Sequence[Path]) -> Path:
    """The loops that all paths begin with."""
    first, *others = paths
    length = len(first)
    for other in others:
        same = [a is b for a, b in zip(first, other, strict=False)]
        length = min(length, [*same, False].index(False))
    return first[:length]


def _depths(group: Graph, keeps: Iterable[Keep]) -> dict[Source, int | None]:
    depths: dict[Source, int | None] = {}
    for keep in keeps:
        if keep.tensor not in group.tensors or keep.depth < 0 or keep.tensor in depths:
            raise Unschedulable(f"{keep.tensor} cannot be kept at depth {keep.depth}")
        depths[keep.tensor] = keep.depth
    return depths


def _rereads(group: Graph, rereads: Iterable[Reread]) -> dict[Source, int | None]:
    """At which depth each copy is kept. Only of live-ins: nothing else is in DRAM to be read again."""
    depths: dict[Source, int | None] = {}
    for reread in rereads:
        own = reread.tensor, reread.operator
        readers = [operator.name for operator in group.consumers.get(reread.tensor, ())]
        fetched = reread.operator in readers and reread.tensor not in group.producer
        if not fetched or own in depths or (reread.depth or 0) < 0:
            raise Unschedulable(f"{reread.operator} cannot read {reread.tensor} again")
        depths[own] = reread.depth
    return depths


def _blocks(group: Graph, blocks: Iterable[Block]) -> dict[str, list[Block]]:
    by_operator: dict[str, list[Block]] = {operator.name: [] for operator in group.operators}
    extents = {operator.name: operator.extents for operator in group.operators}
    for block in blocks:
        known = block.operator in extents and 0 <= block.loop < len(extents[block.operator])
        if not known or block.size < 1:
            raise Unschedulable(f"no block of {block.size} along {block.operator}.{block.loop}")
        if any(block.loop == other.loop for other in by_operator[block.operator]):
            raise Unschedulable(f"{block.operator}: two blocks of loop {block.loop}")
        by_operator[block.operator].append(block)
    return by_operator
