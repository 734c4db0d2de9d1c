"""Buffers: which part of every tensor of a group is on chip at each step, and for how long."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from optimus_mlir.cost.nest import Box, Nest, nest_of
from optimus_mlir.cost.region import Axis, Range
from optimus_mlir.cost.schedule import Block, Tile, Unschedulable
from optimus_mlir.workload import Graph, Operator, Tensor


@dataclass(frozen=True, eq=False)
class Buffer:
    """A tensor's place on chip.

    `region` is what the buffer holds at each step, `fresh` the part that is fetched or computed
    then. `home` names the loops within which the buffer lives; a window outlives the steps of its
    axis, all others last for one step.
    """

    tensor: Tensor
    region: Box
    fresh: Box
    home: tuple[Axis, ...]
    window: int | None = None

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The largest region of any step."""
        return tuple(r.longest for r in self.region)

    @cached_property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def depth(self) -> int:
        """How many loops surround the step at which the buffer is filled."""
        return len(self.home) + (self.window is not None)

    @property
    def has_halo(self) -> bool:
        """Whether a window saves anything: some step needs what the previous one had."""
        return self.window is not None and any(
            fresh.total < held.total for fresh, held in zip(self.fresh, self.region, strict=True)
        )


@dataclass(frozen=True, eq=False)
class Streaming:
    """An operator's block loop, and the buffers that live for one of its steps."""

    result: Buffer
    axis: Axis
    dimension: int
    buffers: Mapping[str, Buffer]


@dataclass(frozen=True, eq=False)
class Regions:
    """The buffers of a group under given tile loops and windows, before anything is streamed."""

    group: Graph
    axes: tuple[Axis, ...]
    buffers: Mapping[str, Buffer]
    nests: Mapping[str, Nest]
    _streams: dict[Block, Streaming | None] = field(default_factory=dict[Block, "Streaming | None"])

    def around(self, buffer: Buffer) -> tuple[Axis, ...]:
        """The tile loops around the step at which the buffer is filled."""
        return self.axes[: buffer.depth]

    def streaming(self, operator: Operator, block: Block) -> Streaming | None:
        """The block loop of an operator; None where it has nothing to stream."""
        if block not in self._streams:
            self._streams[block] = self._streaming(operator, block)
        return self._streams[block]

    def _streaming(self, operator: Operator, block: Block) -> Streaming | None:
        loop = operator.output_loop(block.dimension)
        names = [
            name
            for name in streamable(self.group, operator, loop)
            if not self.buffers[name].has_halo
        ]
        axis = Axis(f"{operator.name}.d{block.dimension}", operator.extents[loop], block.size)
        result = self.buffers[operator.write.tensor]
        whole = result.fresh[block.dimension]
        if not names or axis.steps == 1 or whole.axis is not None:
            return None  # a tile loop along the dimension brings a part at a time already
        if whole.longest != axis.extent:
            raise Unschedulable(
                f"{operator.name}: not all of dimension {block.dimension} is needed"
            )
        box = blocked(result.fresh, block.dimension, axis)
        home = (*self.around(result), axis)
        reads = zip(operator.reads, self.nests[operator.name].reads(box), strict=True)
        regions = {access.tensor: region for access, (_, region) in reads}
        buffers = {
            name: Buffer(self.group.tensors[name], regions[name], regions[name], home)
            for name in names
        }
        return Streaming(result, axis, block.dimension, buffers)


def blocked(box: Box, dimension: int, axis: Axis) -> Box:
    """The box cut into the steps of `axis` along one dimension."""
    return (*box[:dimension], Range.tiled(axis), *box[dimension + 1 :])


def streamable(group: Graph, operator: Operator, loop: int) -> Sequence[str]:
    """The live-ins that only `operator` reads and that `loop` walks."""
    return [
        access.tensor
        for access in operator.reads
        if loop in access.loops
        and access.tensor not in group.producer
        and group.consumers[access.tensor] == (operator,)
        and sum(a.tensor == access.tensor for a in operator.reads) == 1
    ]


def nests_of(group: Graph) -> dict[str, Nest]:
    return {operator.name: nest_of(operator, group) for operator in group.operators}


def infer_regions(
    group: Graph,
    tiles: Sequence[Tile],
    windows: frozenset[str],
    nests: Mapping[str, Nest] | None = None,
) -> Regions:
    """Push the root's tile back through the accesses, consumers first.

    Who asks often about one group passes its `nests`.
    """
    root = group.operators[-1].write.tensor
    if group.outputs != (root,):
        raise Unschedulable("a group must have one live-out, written by its last operator")
    shape = group.tensors[root].shape
    by_dimension = _tile_axes(shape, tiles)
    axes = tuple(by_dimension.values())
    nests = nests_of(group) if nests is None else nests
    tile = tuple(
        Range.tiled(by_dimension[d]) if d in by_dimension else Range.whole(extent)
        for d, extent in enumerate(shape)
    )
    wanted: dict[str, list[Box]] = {root: [tile]}
    buffers: dict[str, Buffer] = {}

    def place(name: str) -> Buffer:
        keep = name in windows and name != root
        buffers[name] = _buffer(group.tensors[name], wanted[name], axes, keep=keep)
        return buffers[name]

    for operator in reversed(group.operators):
        needs = nests[operator.name].reads(place(operator.write.tensor).fresh)
        for access, (_, region) in zip(operator.reads, needs, strict=True):
            wanted.setdefault(access.tensor, []).append(region)
    for name in group.live_ins:
        place(name)
    return Regions(group, axes, buffers, nests)


def _tile_axes(shape: tuple[int, ...], tiles: Sequence[Tile]) -> dict[int, Axis]:
    """The loops with more than one step, by dimension of the result, outermost first."""
    axes: dict[int, Axis] = {}
    for tile in tiles:
        if not 0 <= tile.dimension < len(shape) or tile.size < 1 or tile.dimension in axes:
            raise Unschedulable(f"no tile of {tile.size} along dimension {tile.dimension}")
        axes[tile.dimension] = Axis(f"d{tile.dimension}", shape[tile.dimension], tile.size)
    return {dimension: axis for dimension, axis in axes.items() if axis.steps > 1}


def _buffer(tensor: Tensor, wanted: Iterable[Box], axes: tuple[Axis, ...], *, keep: bool) -> Buffer:
    region, *others = wanted
    for other in others:
        region = tuple(a.hull(b) for a, b in zip(region, other, strict=True))
    home = _home(region, axes)
    along = [d for d, r in enumerate(region) if home and r.axis == home[-1]] if keep else []
    if len(along) != 1:
        return Buffer(tensor, region, region, home)
    (window,) = along
    held = region[window].kept()
    region = (*region[:window], held, *region[window + 1 :])
    if held.axis is None:
        return Buffer(tensor, region, region, _home(region, axes))
    fresh = (*region[:window], held.fresh(), *region[window + 1 :])
    return Buffer(tensor, region, fresh, home[:-1], window)


def _home(region: Box, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The tile loops down to the innermost that the region moves along."""
    moving = [axes.index(r.axis) for r in region if r.axis is not None]
    return axes[: max(moving) + 1] if moving else ()
