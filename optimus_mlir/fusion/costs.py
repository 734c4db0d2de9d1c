"""What the schedules of a group cost, a family at a time: `Space` has them all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost import Block, Program, Schedule, Unschedulable, floor_bytes
from optimus_mlir.cost.buffers import ONE, Source, element_bytes, tensor_of, volume
from optimus_mlir.cost.footprint import footprint_bytes, least_bytes
from optimus_mlir.cost.nest import Box, nests_of
from optimus_mlir.cost.program import build_program, lay_out
from optimus_mlir.cost.region import Axis, Grid
from optimus_mlir.cost.stages import Known, Regions, infer_regions
from optimus_mlir.cost.traffic import bytes_read, bytes_written, macs
from optimus_mlir.fusion.mirror import mirror
from optimus_mlir.fusion.space import (
    Family,
    Kind,
    Reduction,
    families,
    kinds,
    reduction_blocks,
    reductions,
    streams,
)
from optimus_mlir.fusion.streaming import Moments, Stream, Streaming
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph

NONE = np.array([0])

Rank = tuple[float, int, int, int]  # DRAM bytes, MACs, tile steps, blocks: less is better


@dataclass(frozen=True, eq=False)
class Setting:
    """What all families of a group share."""

    group: Graph
    accelerator: Accelerator

    @cached_property
    def floor(self) -> int:
        """Compulsory traffic in bytes."""
        return floor_bytes(self.group, self.accelerator)


@dataclass(frozen=True, eq=False)
class Space:
    """The schedule space of a group, a family at a time.

    Who asks about many groups of one network gives what is known about its operators.
    """

    group: Graph
    accelerator: Accelerator
    given: Known | None = None

    @cached_property
    def known(self) -> Known:
        return self.given or Known(nests_of(self.group))

    @cached_property
    def _setting(self) -> Setting:
        return Setting(self.group, self.accelerator)

    @property
    def floor(self) -> int:
        return self._setting.floor

    @cached_property
    def reductions(self) -> list[Reduction]:
        return list(reductions(self.group))

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(Stream.of(self.group, block) for block in streams(self.group))

    @cached_property
    def all_at_once(self) -> Costs | None:
        """The family of the one schedule that has no loops."""
        return self.costs(Family())

    def families(self) -> Iterator[Costs]:
        """All families without blocks."""
        for kind in self.kinds:
            yield from self.of_kind(kind)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kinds(self.group))

    @cached_property
    def originals(self) -> Mapping[Kind, Kind]:
        """By kind, the first that costs the same: it, or that of which it is the mirror image."""
        originals: dict[Kind, Kind] = {}
        for kind in self.kinds:
            image = kind.mirrored(self._mirror) if self._mirror else kind
            originals[kind] = image if image in originals else kind
        return originals

    @cached_property
    def _mirror(self) -> tuple[int, int] | None:
        blocks = (stream.block for stream in self.streams)
        return mirror(self.group, (*blocks, *reduction_blocks(self.group).values()))

    @property
    def unlike(self) -> Iterator[Kind]:
        """The kinds of which none is the mirror image of another."""
        return (kind for kind, original in self.originals.items() if kind == original)

    def of_kind(self, kind: Kind) -> list[Costs]:
        """The families of a kind that make sense for the group."""
        if kind not in self._of_kind:
            found = map(self.costs, families(self.group, kind))
            self._of_kind[kind] = [costs for costs in found if costs is not None]
        return self._of_kind[kind]

    @cached_property
    def _of_kind(self) -> dict[Kind, list[Costs]]:
        return {}

    def streamed(self, costs: Costs) -> Iterator[tuple[Costs, tuple[Stream, ...]]]:
        """The family with reductions in blocks, and which operators it may stream, in order."""
        alone = len(self.group.operators) == 1
        several = alone or not costs.family.tiles
        for reduction in self.reductions if several else self.reductions[:1]:
            start = self.costs(reduction.of(costs.family)) if reduction.blocks else costs
            if start is not None:
                yield start, self.free_streams(start)

    def free_streams(self, costs: Costs) -> tuple[Stream, ...]:
        """What a family with reductions in blocks, or without, may stream."""
        reduced = {block.operator for block in costs.family.blocks}
        free = (s for s in self.streams if s.block.operator not in reduced)
        return tuple(stream for stream in free if costs.runs_at_once(stream.block))

    def members(self) -> Iterator[Costs]:
        """Every family with every choice of blocks."""
        for kind in self.kinds:
            yield from self.members_of(kind)

    def members_of(self, kind: Kind) -> Iterator[Costs]:
        """The families of a kind with every choice of blocks."""
        for costs in self.of_kind(kind):
            for start, able in self.streamed(costs):
                for count in range(len(able) + 1):
                    member = self.with_streams(start, able[:count])
                    if member is not None:
                        yield member

    def with_streams(self, costs: Costs, streams: Sequence[Stream]) -> Costs | None:
        """The family with some operators streamed; None where that makes no sense."""
        if not streams:
            return costs
        blocks = (stream.block for stream in streams)
        return self.costs(replace(costs.family, blocks=(*costs.family.blocks, *blocks)))

    def costs(self, family: Family) -> Costs | None:
        """What all schedules of a family cost; None where it makes no sense for the group."""
        try:
            return self.costs_of(family)
        except Unschedulable:
            return None

    def costs_of(self, family: Family) -> Costs:
        """The same; raises Unschedulable with the reason."""
        parts = family.tiles, family.keeps, family.blocks, family.rereads
        regions = infer_regions(self.group, *parts, known=self.known)
        return Costs(self._setting, family, regions)


@dataclass(frozen=True, eq=False)
class Costs:
    """A family, and what all of its schedules cost: grids with one dimension per tiled loop."""

    setting: Setting
    family: Family
    regions: Regions

    @property
    def group(self) -> Graph:
        return self.setting.group

    @property
    def accelerator(self) -> Accelerator:
        return self.setting.accelerator

    @property
    def floor(self) -> int:
        return self.setting.floor

    @property
    def capacity(self) -> int:
        return self.accelerator.scratchpad_bytes

    @property
    def constants(self) -> frozenset[str]:
        """The weights of the group."""
        tensors = self.group.tensors.values()
        return frozenset(tensor.name for tensor in tensors if tensor.constant)

    @cached_property
    def program(self) -> Program:
        return lay_out(self.regions)

    @cached_property
    def dram_bytes(self) -> Grid:
        moved = (count(self.program, self.accelerator) for count in (bytes_read, bytes_written))
        return self._spread(sum((n for each in moved for n in each.values()), start=NONE))

    @cached_property
    def bounds(self) -> Grid:
        """DRAM bytes below which no schedule comes, whatever is added to its blocks."""
        return self.bounds_with(NONE)

    def bounds_with(self, more_bytes: Grid) -> Grid:
        """The same for those whose weights cost so much more.

        Blocks bring the same again and again, but not what is off a diagonal, and nothing at steps
        at which their operator is idle.
        """
        if self.group.has_diagonals:
            return self._spread(np.array([self.floor]))
        return self._spread(np.maximum(self._least_moved + more_bytes, self.floor))

    @cached_property
    def _least_moved(self) -> Grid:
        """Every live-out once, and what comes of live-ins while some reader has something to do."""
        buffers = self.regions.buffers
        written = sum(
            buffers[name].tensor.elements * self._width(name) for name in self.group.outputs
        )
        fetched = (self._wanted(s) * self._width(s) for s in self.regions.live_ins)
        return sum(fetched, start=np.array([written]))

    def _wanted(self, live_in: Source) -> Grid:
        """Elements that come while some reader of a live-in has something to do; needs no program."""
        regions, buffer = self.regions, self.regions.buffers[live_in]
        guards = (r for axis in buffer.loops for r in self._guards.get(axis, ()))
        guard = (*guards, *regions.idle[live_in])
        coming = volume(buffer.fresh, buffer.loops, guard)
        works = [regions.stages[reader.name].work for reader in regions.readers(live_in)]
        if not all(work.idle for work in works):
            return coming
        wanted = (volume(buffer.fresh, buffer.loops, work.guard) for work in works)
        return coming - volume(buffer.fresh, buffer.loops) + reduce(np.maximum, wanted)

    def _width(self, source: Source) -> int:
        return element_bytes(self.regions.buffers[source].tensor, self.accelerator)

    @cached_property
    def _guards(self) -> dict[Axis, Box]:
        """When operators' own loops do not run."""
        works = [stage.work for stage in self.regions.stages.values()]
        return {axis: work.guard for work in works for axis in work.path[len(work.base) :]}

    @property
    def least_bound(self) -> int:
        return int(self.bounds.min())

    @cached_property
    def least_bytes(self) -> Grid:
        """A lower bound of the footprint: the most bytes that are live at once."""
        return self._spread(least_bytes(self.program, self.accelerator))

    @cached_property
    def _sizes(self) -> dict[Source, Grid]:
        """Bytes on chip by tensor, or copy of one."""
        buffers = self.regions.buffers.items()
        return {source: buffer.bytes(self.accelerator) for source, buffer in buffers}

    @property
    def _as_if_made(self) -> dict[Source, Grid]:
        """Bytes on chip of fetched feature maps, if they were not: nothing comes beforehand."""
        buffers, width = self.regions.buffers, self.accelerator.element_bytes
        maps = (s for s in self.regions.live_ins if not self.group.tensors[tensor_of(s)].constant)
        return {source: buffers[source].elements * width for source in maps}

    def fits(self) -> NDArray[np.bool_]:
        """Which schedules may fit the scratchpad."""
        return self.least_bytes <= self.capacity

    def could_win(self, streams: Sequence[Stream], before: Rank) -> Iterator[NDArray[np.bool_]]:
        """Which schedules may fit and rank before another one with no stream, with one, .."""
        able = self.could_rank(before)
        for count, (least, more_bytes) in enumerate(self.least_with(streams)):
            able_now = able & (least <= self.capacity)
            yield able_now & self.could_rank(before, count, self.bounds_with(more_bytes))

    def may_win(self, streams: Sequence[Stream], before: Rank) -> bool:
        """Whether one of them may, as far as can be seen without a program."""
        for least, more_bytes in self.least_with(streams):
            least_moved = self.floor if self.group.has_diagonals else self.floor + more_bytes
            able = (least <= self.capacity) & (least_moved <= before[0])
            if np.any(able) and np.any(able & (self.bounds_with(more_bytes) <= before[0])):
                return True
        return False

    def least_with(
        self, streams: Sequence[Stream], *, of_tail: Sequence[Stream] | None = None
    ) -> Iterator[tuple[Grid, Grid]]:
        """Lower bounds of the footprint and of the additional DRAM bytes with no stream, with one, ..

        Ends at once where nothing fits, however many there are. What a tail reads of feature maps
        may be made in the group, or come as any of its own streams says.
        """
        kept = {keep.tensor: keep.depth for keep in self.family.keeps}
        sizes = self._sizes
        if of_tail is not None:
            sizes = sizes | self._as_if_made
            sizes |= Streaming(self.regions, of_tail, kept, sizes).leanest
        streaming = Streaming(self.regions, streams, kept, sizes)
        moments = Moments(self.regions, copies_are_one=of_tail is not None)
        leanest = moments.peak(streaming.leanest)
        if leanest.min() > self.capacity:
            return
        least = moments.peak(sizes)
        yield least, NONE
        each = zip(streaming.saved_bytes(), streaming.more_elements(), strict=True)
        for saved_bytes, more_elements in each:
            more_bytes = more_elements * self.accelerator.element_bytes
            yield np.maximum(least - saved_bytes, leanest), more_bytes

    def could_rank(
        self, before: Rank, more_blocks: int = 0, bounds: Grid | None = None
    ) -> NDArray[np.bool_]:
        """Which schedules would rank before another one if so many more blocks made them fit."""
        most, most_macs, most_steps, most_blocks = before
        bounds = self.bounds if bounds is None else bounds
        is_less, is_equal = bounds < most, bounds == most
        if not np.any(is_equal):
            return is_less
        too_many = len(self.family.blocks) + more_blocks >= most_blocks
        steps_left = self.steps + too_many <= most_steps
        macs_left = (self.macs < most_macs) | ((self.macs == most_macs) & steps_left)
        return is_less | (is_equal & macs_left)

    def runs_at_once(self, block: Block) -> bool:
        """Whether all of the loop of a block runs in one step."""
        stage = self.regions.stages[block.operator]
        return stage.work.loops[block.loop].is_all_of(stage.operator.extents[block.loop])

    def ranked(self, before: Rank) -> Iterator[tuple[Schedule, Rank]]:
        """The schedules that may fit and rank before another one, the cheapest first."""
        some = np.flatnonzero(self.fits() & (self.dram_bytes <= before[0]))
        if not len(some):
            return
        columns = [grid.ravel()[some] for grid in (self.dram_bytes, self.macs, self.steps)]
        for i in np.lexsort(columns[::-1]):
            dram_bytes, multiplied, steps = (int(column[i]) for column in columns)
            rank = (dram_bytes, multiplied, steps, len(self.family.blocks))
            if rank >= before:
                return
            yield self.schedule(int(some[i])), rank

    def schedule(self, cell: int) -> Schedule:
        """The schedule at a place of the flattened grids."""
        return self.family.schedule([int(i) for i in np.unravel_index(cell, self._shape)])

    def footprint_bytes(self, schedule: Schedule) -> int:
        """What a member really takes."""
        return footprint_bytes(build_program(self.group, schedule), self.accelerator)

    @property
    def _shape(self) -> tuple[int, ...]:
        return tuple(len(sizes) for _, sizes in self.family.tiles) or (1,)

    def _spread(self, grid: Grid) -> Grid:
        return np.broadcast_to(grid, self._shape)

    @cached_property
    def macs(self) -> Grid:
        return self._spread(macs(self.program))

    @cached_property
    def steps(self) -> Grid:
        """Tile steps."""
        per_axis = (axis.on_grid(axis.steps) for axis in self.regions.axes)
        return self._spread(math.prod(per_axis, start=ONE))
