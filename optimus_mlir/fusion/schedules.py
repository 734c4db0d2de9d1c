"""The cheapest schedule of one group: branch and bound over its whole schedule space."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from optimus_mlir.cost import (
    Block,
    Price,
    Program,
    Schedule,
    Tile,
    Unschedulable,
    floor_bytes,
    price,
)
from optimus_mlir.cost.buffers import Buffer, Regions, infer_regions, nests_of
from optimus_mlir.cost.footprint import footprint_bytes, lifetimes, live_bytes, pack
from optimus_mlir.cost.nest import Nest
from optimus_mlir.cost.price import price_of
from optimus_mlir.cost.program import build_program, lay_out
from optimus_mlir.cost.traffic import resident_elements, streamed_elements, volume
from optimus_mlir.fusion.space import Family, families, streamed_tensors, tile_sizes
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph


@dataclass(frozen=True)
class Choice:
    """A schedule that fits, and its price."""

    schedule: Schedule
    price: Price


Rank = tuple[float, ...]  # DRAM bytes, then tile steps, then streamed operators: less is better


def best_schedule(group: Graph, accelerator: Accelerator, below: float = math.inf) -> Choice | None:
    """The schedule with the least DRAM traffic that fits the scratchpad.

    None if none fits for less than `below` bytes. Among equals the one with the fewest tile steps
    wins, then the one with the fewest streamed operators, then the first.
    """
    floor = floor_bytes(group, accelerator)
    best: Choice | None = None
    rank: Rank = (below,)
    nests = nests_of(group)
    for family in families(group):
        search = _Search(group, family, accelerator, nests)
        for tiles in family.tilings():
            steps = family.steps(tiles)
            if (floor, steps, 0) >= rank or (floor + search.reread_bytes(steps), steps, 0) >= rank:
                continue
            for regions, streams, dram_bytes in search.candidates(tiles):
                if (dram_bytes, steps, streams) < rank:
                    price = search.price_if_it_fits(regions, streams)
                    if price is not None:
                        best = Choice(family.schedule(tiles, streams), price)
                        rank = (dram_bytes, steps, streams)
    return best and _readable(group, best, accelerator)


def _readable(group: Graph, choice: Choice, accelerator: Accelerator) -> Choice:
    """The same choice without the windows that keep nothing, if they are idle indeed."""
    buffers = build_program(group, choice.schedule).buffers
    windows = frozenset(name for name, buffer in buffers.items() if buffer.window is not None)
    plain = replace(choice.schedule, windows=windows)
    return (
        Choice(plain, choice.price) if price(group, plain, accelerator) == choice.price else choice
    )


@dataclass(frozen=True, eq=False)
class _Search:
    """A family of schedules, with what is known about all of its members."""

    group: Graph
    family: Family
    accelerator: Accelerator
    nests: Mapping[str, Nest]

    def candidates(self, tiles: tuple[Tile, ...]) -> Iterator[tuple[Regions, int, int]]:
        """Under `tiles`, how many operators to stream, and the DRAM bytes that it costs."""
        try:
            regions = self._regions(tiles, self.family.windows)
            fewest = self.fewest_streams(regions)
            for streams, elements in enumerate(_elements(regions, self.family.blocks)):
                if fewest is not None and streams >= fewest:
                    yield regions, streams, elements * self.accelerator.element_bytes
        except Unschedulable:
            return

    def _regions(self, tiles: tuple[Tile, ...], windows: frozenset[str]) -> Regions:
        return infer_regions(self.group, tiles, windows, self.nests)

    def price_if_it_fits(self, regions: Regions, streams: int) -> Price | None:
        try:
            program = lay_out(regions, self.family.blocks[:streams])
        except Unschedulable:
            return None
        fits = _footprint_if_it_fits(program, self.accelerator) <= self.accelerator.scratchpad_bytes
        return price_of(program, self.accelerator) if fits else None

    def reread_bytes(self, steps: int) -> float:
        """Weights that must be streamed come again at every step; infinite if nothing fits."""
        if not self._moves_alike:
            return 0
        if self._fewest_streams is None:
            return math.inf
        return (steps - 1) * self._streamed_bytes

    def fewest_streams(self, regions: Regions) -> int | None:
        """With fewer streamed operators nothing fits; None if nothing fits at all."""
        try:
            comparable = _motion(regions) == _motion(self._finest)
        except Unschedulable:  # the finest tiles alone
            return 0
        return self._fewest_streams if comparable else 0

    @cached_property
    def least_footprint_bytes(self) -> int:
        """Nothing fits in less, whatever the tiles; 0 if unknown."""
        return self.least_live_bytes(len(self.family.blocks)) if self._moves_alike else 0

    @cached_property
    def _moves_alike(self) -> bool:
        """Whether the same tensors move under all tiles: what moves under the coarsest always does."""
        try:
            coarsest = self._regions(self.family.coarsest(), self._windows)
            return _motion(coarsest) == _motion(self._finest)
        except Unschedulable:
            return False

    @cached_property
    def _fewest_streams(self) -> int | None:
        blocks, capacity = self.family.blocks, self.accelerator.scratchpad_bytes
        if self.least_live_bytes(len(blocks)) > capacity:
            return None
        return bisect_left(
            range(len(blocks)), True, key=lambda streams: self.least_live_bytes(streams) <= capacity
        )

    @cached_property
    def _streamed_bytes(self) -> int:
        """Of what must be streamed, that which is the same at every step of a moving operator."""
        elements = 0
        buffers = self._finest.buffers
        operators = {operator.name: operator for operator in self.group.operators}
        for block in self.family.blocks[: self._fewest_streams]:
            operator = operators[block.operator]
            streaming = self._finest.streaming(operator, block)
            result = buffers[operator.write.tensor]
            if streaming is not None and result.depth and _always_busy(result):
                still = (b for name, b in streaming.buffers.items() if not buffers[name].depth)
                elements += sum(volume(buffer.fresh, (streaming.axis,)) for buffer in still)
        return elements * self.accelerator.element_bytes

    def least_live_bytes(self, streams: int) -> int:
        """What is live, at the least, where so many operators or fewer are streamed.

        A step of a larger tile covers some step of the finest one, buffer by buffer. So what is
        live under the finest tiles is live under all in which the same tensors move; streaming
        only takes away from it. Tensors that may be streamed are left out of the windows here: a
        coarse tile may have no halo to keep.
        """
        try:
            program = lay_out(self._finest, self.family.blocks[:streams])
        except Unschedulable:
            return 0
        return live_bytes(lifetimes(program, self.accelerator.element_bytes))

    @cached_property
    def _finest(self) -> Regions:
        return self._regions(self.family.finest(), self._windows)

    @cached_property
    def _windows(self) -> frozenset[str]:
        return self.family.windows - streamed_tensors(self.group, self.family.blocks)


def _motion(regions: Regions) -> list[tuple[bool, ...]]:
    """Which dimensions of each tensor move; this decides in which loop its operator runs."""
    return [tuple(r.axis is not None for r in buffer.region) for buffer in regions.buffers.values()]


def _always_busy(result: Buffer) -> bool:
    """Whether something of it is computed at every step of the finest tiles, and so of all tiles."""
    return all(r.shortest for r in result.fresh)


def _elements(regions: Regions, blocks: Sequence[Block]) -> Iterator[int]:
    """Elements written, and read while nobody is streamed, the first operator, the first two, .."""
    group = regions.group
    operators = {operator.name: operator for operator in group.operators}
    resident = resident_elements(regions)
    elements = sum(resident.values()) + sum(group.tensors[name].elements for name in group.outputs)
    yield elements
    for block in blocks:
        streaming = regions.streaming(operators[block.operator], block)
        if streaming is not None:
            for name, streamed in streamed_elements(streaming).items():
                elements += streamed - resident[name]
        yield elements


def _footprint_if_it_fits(program: Program, accelerator: Accelerator) -> int:
    """The footprint; where it cannot fit, some lower bound that does not fit either."""
    lives = lifetimes(program, accelerator.element_bytes)
    live = live_bytes(lives)
    return live if live > accelerator.scratchpad_bytes else pack(lives).bytes


def smallest_footprint_bytes(group: Graph, accelerator: Accelerator) -> int:
    """The smallest scratchpad in which the group runs under any schedule of the space."""
    smallest = math.inf
    nests = nests_of(group)
    for family in families(group):
        least = _Search(group, family, accelerator, nests).least_footprint_bytes
        for schedule in _finest_first(family):
            if least >= smallest:
                break
            smallest = min(smallest, _packed_bytes(group, schedule, accelerator))
    return int(smallest)


def _finest_first(family: Family) -> Iterator[Schedule]:
    for tiles in reversed(list(family.tilings())):
        for streams in reversed(range(len(family.blocks) + 1)):
            yield family.schedule(tiles, streams)


def _packed_bytes(group: Graph, schedule: Schedule, accelerator: Accelerator) -> float:
    try:
        return footprint_bytes(build_program(group, schedule), accelerator.element_bytes)
    except Unschedulable:
        return math.inf


def with_larger_blocks(group: Graph, choice: Choice, accelerator: Accelerator) -> Choice:
    """The same traffic in fewer steps: streamed blocks as large as the scratchpad allows."""
    regions = infer_regions(group, choice.schedule.tiles, choice.schedule.windows)
    for block in choice.schedule.blocks:
        for larger in _larger(group, block):
            changed = (larger if b == block else b for b in choice.schedule.blocks)
            blocks = tuple(b for b in changed if b is not None)
            program = lay_out(regions, blocks)
            if _footprint_if_it_fits(program, accelerator) > accelerator.scratchpad_bytes:
                continue
            price = price_of(program, accelerator)
            # Not for less traffic either: plans would then depend on the capacity in other ways
            # than by what fits, and a larger scratchpad could cost more.
            if price.dram_bytes == choice.price.dram_bytes:
                choice = Choice(replace(choice.schedule, blocks=blocks), price)
                break
    return choice


def _larger(group: Graph, block: Block) -> Iterator[Block | None]:
    """The block in every size, the largest first: all at once is no block."""
    operator = next(o for o in group.operators if o.name == block.operator)
    yield None
    for size in tile_sizes(operator.extents[operator.output_loop(block.dimension)]):
        yield replace(block, size=size)
