"""What streaming could save and must cost, for all tile sizes of a family, before it is priced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimus_mlir.cost import Block
from optimus_mlir.cost.buffers import Source, tensor_of, volume
from optimus_mlir.cost.region import Grid
from optimus_mlir.cost.stages import Regions, Stage
from optimus_mlir.fusion.space import streamed_maps
from optimus_mlir.workload import Graph, Operator

NONE = np.array([0])


@dataclass(frozen=True)
class Stream:
    """A block that an operator may be streamed by, and what that changes in any family.

    Of `moved` less may be on chip: operands, what their producers read for them, and so on. So may
    of live-ins whose readers are all among `reads`, pairs of a tensor and an operator. If the result
    of the operator `leaves` the group, it does so in parts. `weights` are those reads that the block
    moves and nobody else needs.
    """

    block: Block
    operator: Operator
    moved: tuple[str, ...]
    reads: frozenset[tuple[str, str]]
    leaves: bool
    weights: tuple[int, ...]

    @staticmethod
    def of(group: Graph, block: Block) -> Stream:
        operator = next(o for o in group.operators if o.name == block.operator)
        leaves = not group.consumers[operator.write.tensor]
        within = _within(group, operator, block.loop)
        return Stream(
            block,
            operator,
            tuple(_moved(group, within)),
            frozenset(_reads(group, within)),
            leaves,
            tuple(_own_weights(group, operator, block)),
        )


@dataclass(frozen=True, eq=False)
class Streaming:
    """Bounds for a family with these regions in which some operators are streamed.

    Its tensors take up to `sizes` bytes on chip. Those `kept` at some depth outlive blocks.
    """

    regions: Regions
    streams: Sequence[Stream]
    kept: Mapping[str, int]
    sizes: Mapping[Source, Grid]

    @cached_property
    def leanest(self) -> Mapping[Source, Grid]:
        """The bytes that each tensor takes at the least, however many operators are streamed.

        What a block does not move stays as large, and is live together with the same things.
        """
        sizes = dict(self.sizes)
        for stream in self.streams:
            sizes |= self._left(stream)
        return sizes

    def saved_bytes(self) -> Iterator[Grid]:
        """What the first stream makes the footprint smaller by at the most, the first two, .."""
        sizes, saved = dict(self.sizes), NONE
        for stream in self.streams:
            left = self._left(stream)
            saved = saved + sum((sizes[name] - least for name, least in left.items()), start=NONE)
            sizes |= left
            yield saved

    def more_elements(self) -> Iterator[Grid]:
        """What the first stream moves more at the least, the first two, ..

        Its own weights come at every step at which the operator is busy, not once.
        """
        more = NONE
        for stream in self.streams:
            for number in stream.weights:
                if not self._is_kept(stream.operator, number):
                    more = more + self._again(stream.operator, number)
            yield more

    def _left(self, stream: Stream) -> dict[Source, Grid]:
        """The bytes left of what a block moves: some of a result, of operands perhaps nothing.

        Operands need not be on chip while other operators run.
        """
        left: dict[Source, Grid] = {name: NONE for name in stream.moved if name in self.sizes}
        left |= {s: NONE for s, reads in self._shared_by_some.items() if reads <= stream.reads}
        if stream.leaves:
            result, pieces = stream.operator.write.tensor, stream.operator.extents
            left[result] = self.sizes[result] // pieces[stream.block.loop]
        for number in stream.weights:
            if self._is_kept(stream.operator, number):
                left.pop(stream.operator.reads[number].tensor)
        return left

    @cached_property
    def _shared_by_some(self) -> dict[Source, frozenset[tuple[str, str]]]:
        """The copies that readers have for themselves, and what the others share; who reads them."""
        copied = {tensor_of(s) for s in self.regions.live_ins if s != tensor_of(s)}
        return {
            source: frozenset((name, reader.name) for reader in self.regions.readers(source))
            for source in self.regions.live_ins
            if (name := tensor_of(source)) in copied
        }

    def _is_kept(self, operator: Operator, number: int) -> bool:
        depth = self.kept.get(operator.reads[number].tensor)
        return depth is not None and depth <= len(self.regions.stages[operator.name].work.base)

    def _again(self, operator: Operator, number: int) -> Grid:
        """What a read costs if it comes at each step of its operator, beyond what it costs now."""
        work = self.regions.stages[operator.name].work
        buffer = self.regions.buffers[operator.reads[number].tensor]
        (region, _), guard = work.regions[number], self.regions.idle[operator.write.tensor]
        again = volume(region, work.base, (*work.idle, *guard))
        return np.maximum(again - volume(buffer.fresh, buffer.loops), 0)


class Moments:
    """What is on chip together: for lower bounds of the footprint that need no program.

    Within the outermost tile loop that is also what stays there from step to step. Of copies of one
    tensor that might be one, only one that stays counts, or else that of who computes.
    """

    def __init__(self, regions: Regions, *, copies_are_one: bool = False) -> None:
        outermost = regions.axes[:1]
        inside: list[set[Source]] = []
        self._touched: list[set[Source]] = []
        for stage in regions.stages.values():
            is_inside = bool(outermost) and stage.work.base[:1] == outermost
            (inside if is_inside else self._touched).extend(_touched(regions, stage))
        key = tensor_of if copies_are_one else _itself
        every = set[Source]().union(*inside)
        staying = {key(s): s for s in every if regions.buffers[s].home[:1] != outermost}
        self._throughout = set(staying.values())
        self._inside = [{s for s in touched if key(s) not in staying} for touched in inside]

    def peak(self, sizes: Mapping[Source, Grid]) -> Grid:
        """The most that is on chip at once, where each tensor takes so much."""
        peak = NONE
        always = sum((sizes[source] for source in self._throughout), start=NONE)
        for moments, start in ((self._touched, NONE), (self._inside, always)):
            for touched in moments:
                peak = np.maximum(peak, sum((sizes[source] for source in touched), start=start))
        return peak


def _itself(source: Source) -> Source:
    return source


def _touched(regions: Regions, stage: Stage) -> Iterator[set[Source]]:
    """What an operator touches at once: what joins partial sums comes when they are finished."""
    operator = stage.operator
    sources = [regions.source(operator.name, access.tensor) for access in operator.reads]
    sums = len(sources) - operator.epilogue_reads
    for reads in (sources[:sums], sources[sums:]) if stage.work.accumulates else (sources,):
        yield {*reads, operator.write.tensor}


Within = Mapping[str, set[int]]  # by operator, the loops that a block moves, where all its work is


def _within(group: Graph, operator: Operator, loop: int) -> Within:
    """The operator, and those whose results are read nowhere but within its block and move with it."""
    within = {operator.name: {loop}}
    for producer in reversed(group.operators):
        dimensions = _moved_dimensions(group, producer.write.tensor, within)
        if dimensions:
            within[producer.name] = {producer.output_loop(d) for d in dimensions}
    return within


def _moved(group: Graph, within: Within) -> Iterator[str]:
    """What is read nowhere but within a block, and moves from block to block."""
    results = (operator.write.tensor for operator in reversed(group.operators))
    yield from (n for n in (*results, *group.live_ins) if _moved_dimensions(group, n, within))


def _reads(group: Graph, within: Within) -> Iterator[tuple[str, str]]:
    """Who reads which live-in within a block, another part for each."""
    for name in group.live_ins:
        for reader in group.consumers[name]:
            if reader.name in within and _dimensions_moved_for(reader, name, within):
                yield name, reader.name


def _moved_dimensions(group: Graph, tensor: str, within: Within) -> set[int]:
    readers = group.consumers[tensor]
    if any(reader.name not in within for reader in readers):
        return set()
    return {d for reader in readers for d in _dimensions_moved_for(reader, tensor, within)}


def _dimensions_moved_for(reader: Operator, tensor: str, within: Within) -> set[int]:
    return {
        dimension
        for access in reader.reads
        if access.tensor == tensor
        for dimension, index in enumerate(access.indices)
        if not within[reader.name].isdisjoint(index.loops)
    }


def _own_weights(group: Graph, operator: Operator, block: Block) -> Iterator[int]:
    names = [access.tensor for access in operator.reads]
    streamed = {name for name in names if group.tensors[name].constant}
    streamed |= streamed_maps(group, operator)
    for number, access in enumerate(operator.reads):
        is_only_read = names.count(access.tensor) == len(group.consumers[access.tensor]) == 1
        if block.loop in access.loops and is_only_read and access.tensor in streamed:
            yield number
