"""The cheapest schedule of one group: all tile sizes of a family at once, families by bound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost import Block, Price, Program, Schedule, Unschedulable, floor_bytes
from optimus_mlir.cost.buffers import ONE
from optimus_mlir.cost.footprint import footprint_bytes, least_bytes
from optimus_mlir.cost.nest import nests_of
from optimus_mlir.cost.price import price_of
from optimus_mlir.cost.program import build_program, lay_out
from optimus_mlir.cost.region import Grid
from optimus_mlir.cost.stages import Known, Regions, infer_regions
from optimus_mlir.cost.traffic import elements_read, elements_written, macs
from optimus_mlir.fusion.space import Family, Reduction, families, reductions, streams, tile_sizes
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph

NONE = np.array([0])


@dataclass(frozen=True)
class Choice:
    """A schedule that fits, and its price."""

    schedule: Schedule
    price: Price


Rank = tuple[float, ...]  # DRAM bytes, MACs, tile steps, blocks: less is better


def best_schedule(group: Graph, accelerator: Accelerator, below: float = math.inf) -> Choice | None:
    """The schedule with the least DRAM traffic that fits the scratchpad.

    None if none fits for less than `below` bytes. Among equals the one with the fewest
    multiply-accumulates wins, then the one with the fewest tile steps, then of blocks, then the
    first. The family that has the least traffic without blocks is tried first.
    """
    best = _Search(Space(group, accelerator), below).run()
    return best and Choice(best, price_of(build_program(group, best), accelerator))


class _Search:
    """The cheapest schedule found so far, and how it ranks."""

    def __init__(self, space: Space, below: float) -> None:
        self.space = space
        self.best: Schedule | None = None
        self.rank: Rank = (below, 0)

    def run(self) -> Schedule | None:
        floor = floor_bytes(self.space.group, self.space.accelerator)
        for costs in sorted(self.space.families(), key=lambda costs: costs.least_bound):
            if (max(floor, costs.least_bound), 0) >= self.rank:
                break
            for start, blocks in self.space.blocks(costs):
                self._until_it_fits(start, blocks)
        return self.best

    def _until_it_fits(self, start: Costs, blocks: Sequence[Block]) -> None:
        """Add blocks to `start` as long as some member is cheap enough but too large.

        Every block takes space away and may add traffic. So nothing fits if it does not with all
        of the blocks, and nothing is gained by more of them once all that is cheap enough fits.
        """
        if not np.all(start.fits()):
            leanest = self.space.with_blocks(start, blocks)
            if leanest is None or not np.any(leanest.fits() & (start.bounds <= self.rank[0])):
                return
        for count in range(len(blocks) + 1):
            costs = self.space.with_blocks(start, blocks[:count])
            if costs is None:
                return
            self._improve(costs)
            if not costs.may_rank(self.rank):
                return

    def _improve(self, costs: Costs) -> None:
        """Take the cheapest schedule of a family that fits, if it ranks before the best."""
        for schedule, rank in costs.ranked(self.rank):
            if _footprint(costs.group, schedule, costs.accelerator) <= costs.capacity:
                self.best, self.rank = schedule, rank
                return


@dataclass(frozen=True, eq=False)
class Space:
    """The schedule space of a group, a family at a time."""

    group: Graph
    accelerator: Accelerator

    @cached_property
    def known(self) -> Known:
        return Known(nests_of(self.group))

    @cached_property
    def reductions(self) -> list[Reduction]:
        return list(reductions(self.group))

    @cached_property
    def streams(self) -> tuple[Block, ...]:
        return streams(self.group)

    def families(self) -> Iterator[Costs]:
        """All families without blocks."""
        for family in families(self.group):
            costs = self.costs(family)
            if costs is not None:
                yield costs

    def blocks(self, costs: Costs) -> Iterator[tuple[Costs, tuple[Block, ...]]]:
        """The family with reductions in blocks, and which operators it may stream, in order."""
        alone = len(self.group.operators) == 1
        several = alone or len(costs.family.tiles) < 2
        for reduction in self.reductions if several else self.reductions[:1]:
            start = self.costs(reduction.of(costs.family)) if reduction.blocks else costs
            if start is not None:
                reduced = {block.operator for block in reduction.blocks}
                free = (b for b in self.streams if b.operator not in reduced)
                yield start, tuple(block for block in free if start.runs_at_once(block))

    def members(self) -> Iterator[Costs]:
        """Every family with every choice of blocks."""
        for costs in self.families():
            for start, blocks in self.blocks(costs):
                for count in range(len(blocks) + 1):
                    member = self.with_blocks(start, blocks[:count])
                    if member is not None:
                        yield member

    def with_blocks(self, costs: Costs, blocks: Sequence[Block]) -> Costs | None:
        """The family with more blocks; None where that makes no sense."""
        if not blocks:
            return costs
        return self.costs(replace(costs.family, blocks=(*costs.family.blocks, *blocks)))

    def costs(self, family: Family) -> Costs | None:
        """What all schedules of a family cost; None where it makes no sense for the group."""
        try:
            regions = infer_regions(
                self.group, family.tiles, family.keeps, family.blocks, self.known
            )
        except Unschedulable:
            return None
        return Costs(self.group, self.accelerator, family, regions)


@dataclass(frozen=True, eq=False)
class Costs:
    """A family, and what all of its schedules cost: grids with one dimension per tiled loop."""

    group: Graph
    accelerator: Accelerator
    family: Family
    regions: Regions

    @property
    def capacity(self) -> int:
        return self.accelerator.scratchpad_bytes

    @cached_property
    def program(self) -> Program:
        return lay_out(self.regions)

    @cached_property
    def dram_bytes(self) -> Grid:
        moved = elements_read(self.program), elements_written(self.program)
        elements = sum((n for of_tensor in moved for n in of_tensor.values()), start=NONE)
        return self._spread(elements * self.accelerator.element_bytes)

    @cached_property
    def bounds(self) -> Grid:
        """DRAM bytes below which no member comes, whatever its blocks."""
        return NONE if self._blocks_save else self.dram_bytes

    @property
    def least_bound(self) -> int:
        return int(self.bounds.min())

    @property
    def _blocks_save(self) -> bool:
        """Whether blocks may save traffic: they skip what is off a diagonal, and idle steps."""
        accesses = (access for operator in self.group.operators for access in operator.reads)
        guards = (r for stage in self.regions.stages.values() for r in stage.work.guard)
        return any(a.is_diagonal for a in accesses) or not all(r.is_busy for r in guards)

    @cached_property
    def least_bytes(self) -> Grid:
        """A lower bound of the footprint: the most bytes that are live at once."""
        return self._spread(least_bytes(self.program, self.accelerator))

    def fits(self) -> NDArray[np.bool_]:
        """Which schedules may fit the scratchpad."""
        return self.least_bytes <= self.capacity

    def may_rank(self, before: Rank) -> bool:
        """Whether a schedule would rank before another one with more blocks, if it fitted then."""
        return self._blocks_save or any(True for _ in self._in_order(before, np.array([True])))

    def runs_at_once(self, block: Block) -> bool:
        """Whether the loop of a block is not cut up already."""
        stage = self.regions.stages[block.operator]
        return stage.work.loops[block.loop].axis is None

    def ranked(self, before: Rank) -> Iterator[tuple[Schedule, Rank]]:
        """The schedules that may fit and rank before another one, the cheapest first."""
        for cell, rank in self._in_order(before, self.fits()):
            yield self.schedule(cell), rank

    def _in_order(self, before: Rank, among: NDArray[np.bool_]) -> Iterator[tuple[int, Rank]]:
        some = np.flatnonzero(among & (self.dram_bytes <= before[0]))
        if not len(some):
            return
        grids = self.dram_bytes, self._spread(macs(self.program)), self._spread(self._steps())
        columns = [grid.ravel()[some] for grid in grids]
        for i in np.lexsort(columns[::-1]):
            rank: Rank = (*(int(column[i]) for column in columns), len(self.family.blocks))
            if rank >= before:
                return
            yield int(some[i]), rank

    def schedule(self, cell: int) -> Schedule:
        """The schedule at a place of the flattened grids."""
        return self.family.schedule([int(i) for i in np.unravel_index(cell, self._shape)])

    @property
    def _shape(self) -> tuple[int, ...]:
        return tuple(len(sizes) for _, sizes in self.family.tiles) or (1,)

    def _spread(self, grid: Grid) -> Grid:
        return np.broadcast_to(grid, self._shape)

    def _steps(self) -> Grid:
        return math.prod((axis.on_grid(axis.steps) for axis in self.regions.axes), start=ONE)


def _footprint(group: Graph, schedule: Schedule, accelerator: Accelerator) -> int:
    return footprint_bytes(build_program(group, schedule), accelerator)


def smallest_footprint_bytes(group: Graph, accelerator: Accelerator) -> int | None:
    """The smallest scratchpad in which the group runs under any schedule; None under no schedule."""
    smallest = math.inf
    for costs in Space(group, accelerator).members():
        bounds = costs.least_bytes.ravel()
        for i in np.argsort(bounds, kind="stable"):
            if bounds[i] >= smallest:
                break
            smallest = min(smallest, _footprint(group, costs.schedule(int(i)), accelerator))
    return None if math.isinf(smallest) else int(smallest)


def readable(group: Graph, choice: Choice, accelerator: Accelerator) -> Choice:
    """The same choice without the keeps and the blocks that change nothing."""
    for keep in choice.schedule.keeps:
        fewer = tuple(k for k in choice.schedule.keeps if k != keep)
        choice = _unless_dearer(group, choice, replace(choice.schedule, keeps=fewer), accelerator)
    for block in choice.schedule.blocks:
        fewer = tuple(b for b in choice.schedule.blocks if b != block)
        choice = _unless_dearer(group, choice, replace(choice.schedule, blocks=fewer), accelerator)
    return choice


def _unless_dearer(
    group: Graph, choice: Choice, schedule: Schedule, accelerator: Accelerator
) -> Choice:
    try:
        price = price_of(build_program(group, schedule), accelerator)
    except Unschedulable:
        return choice
    same = replace(price, footprint_bytes=choice.price.footprint_bytes) == choice.price
    fits = price.footprint_bytes <= accelerator.scratchpad_bytes
    return Choice(schedule, price) if same and fits else choice


def with_larger_blocks(group: Graph, choice: Choice, accelerator: Accelerator) -> Choice:
    """The same traffic in fewer steps: blocks as large as the scratchpad allows.

    Not for less traffic either: plans would then depend on the capacity in other ways than by what
    fits, and a larger scratchpad could cost more.
    """
    for block in choice.schedule.blocks:
        for larger in _larger(group, block):
            blocks = tuple(larger if b == block else b for b in choice.schedule.blocks)
            schedule = replace(choice.schedule, blocks=blocks)
            changed = _unless_dearer(group, choice, schedule, accelerator)
            if changed is not choice:
                choice = changed
                break
    return choice


def _larger(group: Graph, block: Block) -> Iterator[Block]:
    """The block in every size, the largest first."""
    operator = next(o for o in group.operators if o.name == block.operator)
    for size in tile_sizes(operator.extents[block.loop]):
        yield replace(block, size=size)
