"""A schedule as it is run: no more said than needed, in no more steps than needed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from optimus_mlir.cost import Block, Schedule, Tile, Unschedulable, price
from optimus_mlir.cost.footprint import least_bytes
from optimus_mlir.cost.program import build_program
from optimus_mlir.fusion.objective import DRAM_BYTES, Objective
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.fusion.space import tile_sizes
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph

WORTH_TURNING = 0.01  # of the energy; for less, what the search found stays: it prefers rows


def finished(
    group: Graph, choice: Choice, accelerator: Accelerator, objective: Objective = DRAM_BYTES
) -> Choice:
    """The choice as it is run: no more said than needed, in no more steps than needed."""
    choice = readable(group, choice, accelerator)
    choice = with_tiles_turned(group, choice, accelerator, objective)
    return with_larger_blocks(group, choice, accelerator)


def readable(group: Graph, choice: Choice, accelerator: Accelerator) -> Choice:
    """The same choice without the keeps, the rereads and the blocks that change nothing."""
    for keep in choice.schedule.keeps:
        fewer = tuple(k for k in choice.schedule.keeps if k != keep)
        choice = _unless_dearer(group, choice, replace(choice.schedule, keeps=fewer), accelerator)
    for reread in choice.schedule.rereads:
        fewer = tuple(r for r in choice.schedule.rereads if r != reread)
        changed = replace(choice.schedule, rereads=fewer)
        choice = _unless_dearer(group, choice, changed, accelerator)
    for block in choice.schedule.blocks:
        fewer = tuple(b for b in choice.schedule.blocks if b != block)
        choice = _unless_dearer(group, choice, replace(choice.schedule, blocks=fewer), accelerator)
    return choice


def _unless_dearer(
    group: Graph, choice: Choice, schedule: Schedule, accelerator: Accelerator
) -> Choice:
    try:
        changed = price(group, schedule, accelerator)
    except Unschedulable:
        return choice
    same = replace(changed, footprint_bytes=choice.price.footprint_bytes) == choice.price
    fits = changed.footprint_bytes <= accelerator.scratchpad_bytes
    return Choice(schedule, changed) if same and fits else choice


def with_tiles_turned(
    group: Graph, choice: Choice, accelerator: Accelerator, objective: Objective = DRAM_BYTES
) -> Choice:
    """The same traffic and MACs with much less energy: the same tiles of columns for rows, say.

    Which of two such schedules the search finds is chance; to the array it makes a difference.
    """

    def rank(of: Choice) -> tuple[float, float]:
        return objective.of(of.price), of.price.cost.energy.total_pj

    turned = [choice]
    for tiles in _turned(group, choice.schedule.tiles):
        try:
            other = Choice.of(group, replace(choice.schedule, tiles=tiles), accelerator)
        except Unschedulable:
            continue
        same = other.price.dram_bytes, other.price.macs
        fits = other.price.footprint_bytes <= accelerator.scratchpad_bytes
        if fits and same == (choice.price.dram_bytes, choice.price.macs):
            turned.append(other)
    if len(turned) == 1:
        return choice
    best = min(turned, key=rank)
    before, after = (each.price.cost.energy.total_pj for each in (choice, best))
    return best if after < (1 - WORTH_TURNING) * before else choice


def _turned(group: Graph, tiles: tuple[Tile, ...]) -> Iterator[tuple[Tile, ...]]:
    """The same sizes in the same order, over other dimensions of the last result."""
    shape = group.tensors[group.operators[-1].write.tensor].shape
    for dimensions in permutations(range(len(shape)), len(tiles)):
        pairs = list(zip(tiles, dimensions, strict=True))
        if all(shape[tile.dimension] == shape[d] for tile, d in pairs):
            other = tuple(Tile(d, tile.size) for tile, d in pairs)
            if other != tiles:
                yield other


def with_larger_blocks(group: Graph, choice: Choice, accelerator: Accelerator) -> Choice:
    """The same traffic in fewer steps: blocks as large as the scratchpad allows.

    Not for less traffic either: plans would then depend on the capacity in other ways than by what
    fits, and a larger scratchpad could cost more.
    """
    for block in choice.schedule.blocks:
        larger = _larger(group, choice.schedule, block)
        smallest = bisect_left(larger, True, key=lambda s: _may_fit(group, s, accelerator))
        for schedule in larger[smallest:]:
            changed = _unless_dearer(group, choice, schedule, accelerator)
            if changed is not choice:
                choice = changed
                break
    return choice


def _larger(group: Graph, schedule: Schedule, block: Block) -> list[Schedule]:
    """The schedule with every size of a block, the largest first: each needs less than the last."""
    operator = next(o for o in group.operators if o.name == block.operator)
    sizes = (replace(block, size=size) for size in tile_sizes(operator.extents[block.loop]))
    return [
        replace(schedule, blocks=tuple(larger if b == block else b for b in schedule.blocks))
        for larger in sizes
    ]


def _may_fit(group: Graph, schedule: Schedule, accelerator: Accelerator) -> bool:
    program = build_program(group, schedule)
    return bool(least_bytes(program, accelerator).max() <= accelerator.scratchpad_bytes)
