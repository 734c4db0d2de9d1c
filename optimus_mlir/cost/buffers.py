"""Buffers: which part of every tensor of a group is on chip at each step, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce
from math import prod

import numpy as np

from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.region import Axis, Grid
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Tensor

Path = tuple[Axis, ...]  # loops, outermost first
Source = str | tuple[str, str]  # a tensor, or the copy of it that one operator has for itself

NONE = np.array([0])
ONE = np.array([1])


@dataclass(frozen=True, eq=False)
class Buffer:
    """A tensor's place on chip; compared by identity, since it is one place of one program.

    `region` is what the buffer holds at each step, `fresh` the part that is fetched or computed
    then. The buffer lives for one step of the loops `home`; `loops` surround the place where it is
    filled. Where `window` names a dimension, the buffer slides along it from step to step.
    Only `reader` uses it; without one, all readers that have no buffer of their own share it.
    """

    tensor: Tensor
    region: Box
    fresh: Box
    home: Path
    loops: Path
    window: int | None = None
    accumulates: bool = False
    dma: bool = False  # whether it is loaded, or stored and then left alone
    reader: str | None = None

    @property
    def source(self) -> Source:
        return self.tensor.name if self.reader is None else (self.tensor.name, self.reader)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The largest region of any step, where every loop has one size."""
        return tuple(r.only_longest for r in self.region)

    @cached_property
    def elements(self) -> Grid:
        return reduce(lambda product, r: product * r.longest, self.region, ONE)

    def element_bytes(self, accelerator: Accelerator) -> int:
        """Partial sums need the width of the accumulators."""
        width = element_bytes(self.tensor, accelerator)
        return accelerator.accumulator_bytes if self.accumulates else width

    def bytes(self, accelerator: Accelerator) -> Grid:
        """Scratchpad bytes, with what double buffering takes: remembered by what they depend on."""
        key = accelerator.element_bits, accelerator.accumulator_bits, accelerator.double_buffering
        if key not in self._bytes:
            self._bytes[key] = self._taken(accelerator)
        return self._bytes[key]

    @cached_property
    def _bytes(self) -> dict[tuple[int, int, bool], Grid]:
        return {}

    def _taken(self, accelerator: Accelerator) -> Grid:
        own = self.elements * self.element_bytes(accelerator)
        if not self._has_spare(accelerator):
            return own
        return 2 * own if self.is_new_each_step else own + self.spare_bytes(accelerator)

    def copies(self, accelerator: Accelerator) -> int:
        """Two that take turns: DMA fills or empties one while the array works on the other."""
        return 2 if self.is_new_each_step and self._has_spare(accelerator) else 1

    def spare_bytes(self, accelerator: Accelerator) -> Grid:
        """Room for what DMA brings while the array works on what it is to join."""
        if self.is_new_each_step or not self._has_spare(accelerator):
            return NONE
        return self._coming * element_bytes(self.tensor, accelerator)

    @property
    def is_new_each_step(self) -> bool:
        """Whether nothing of it is left from one step to the next."""
        return self.home == self.loops

    def _has_spare(self, accelerator: Accelerator) -> bool:
        return accelerator.double_buffering and self.dma and bool(self.loops)

    @cached_property
    def _coming(self) -> Grid:
        """The most elements that come at one step, but for what fills a window for the first time.

        Around a window that outlives all loops but its own, that is once in the program.
        """
        once = not self.home and len(self.loops) == 1 and self.window is not None
        lengths = ((r.longest_later if once else r.longest) for r in self.fresh)
        return reduce(lambda product, longest: product * longest, lengths, ONE)

    @property
    def sliding(self) -> Axis | None:
        """The loop along which the window slides."""
        return None if self.window is None else self.region[self.window].axis

    @cached_property
    def comes_once(self) -> bool:
        """Whether every element of the tensor is fetched or computed exactly once."""
        extents = zip(self.fresh, self.tensor.shape, strict=True)
        moving = [r.axis for r in self.fresh if r.axis is not None]  # twice along a diagonal
        each_once = len(moving) == len(self.loops) and set(moving) == set(self.loops)
        return each_once and all(np.all(r.total == n) for r, n in extents)


def element_bytes(tensor: Tensor, accelerator: Accelerator) -> int:
    """What an element takes in DRAM."""
    return accelerator.accumulator_bytes if tensor.is_partial_sum else accelerator.element_bytes


def tensor_of(source: Source) -> str:
    return source if isinstance(source, str) else source[0]


@lru_cache(maxsize=2**16)
def buffer_of(
    tensor: Tensor,
    region: Box,
    path: Path,
    depth: int | None = None,
    *,
    accumulates: bool = False,
    dma: bool = False,
    reader: str | None = None,
) -> Buffer:
    """The buffer of a tensor of which `region` is read within the loops `path`.

    Kept at `depth`, it outlives the steps of the loops further inside: it slides along the next one
    if that is a tile loop that moves it, and holds all that the others need. In a window, what
    comes at one step is what no step before it needed.
    """
    if depth is not None:
        own = {axis for axis in path[depth:] if axis.inner}
        region = tuple(r.at_once if r.axis in own else r for r in region)
    moving = [i for i, axis in enumerate(path) if any(r.axis is axis for r in region)]
    loops = path[: moving[-1] + 1] if moving else ()
    if depth is None or depth >= len(loops):
        return Buffer(tensor, region, region, loops, loops, None, accumulates, dma, reader)
    along = [d for d, r in enumerate(region) if r.axis is path[depth]]
    inner = set(path[depth:])
    if len(along) != 1:
        still = tuple(r.at_once if r.axis in inner else r for r in region)
        outer = path[:depth]
        return buffer_of(tensor, still, outer, accumulates=accumulates, dma=dma, reader=reader)
    (window,) = along
    held = tuple(
        r.kept() if d == window else r.at_once if r.axis in inner else r
        for d, r in enumerate(region)
    )
    fresh = tuple(r.kept().fresh() if r.axis in inner else r for r in region)
    return Buffer(tensor, held, fresh, path[:depth], loops, window, accumulates, dma, reader)


@lru_cache(maxsize=2**12)
def accumulating(buffer: Buffer) -> Buffer:
    """The same buffer for partial sums."""
    return replace(buffer, accumulates=True)


@lru_cache(maxsize=2**12)
def taking_turns(buffer: Buffer) -> Buffer:
    """The same buffer for a result that is stored while the next step computes another."""
    return replace(buffer, dma=True)


def covering(tensor: Tensor, region: Box) -> Box:
    """The region, grown until all of the tensor passes through it."""
    return tuple(r.covering(extent) for r, extent in zip(region, tensor.shape, strict=True))


@lru_cache(maxsize=2**16)
def volume(box: Box, loops: Path, guard: Box = ()) -> Grid:
    """Elements of `box`, summed over all steps of `loops`; exact for partial and clamped steps.

    Steps at which `guard` is empty do not count.
    """
    total = reduce(lambda product, r: product * r.lengths, (r for r in box if not r.axis), ONE)
    if any(not r.axis and not r.is_busy for r in guard):
        return total * 0
    for axis in loops:
        moving = [r for r in box if r.axis is axis]
        idle = [r for r in guard if r.axis is axis and not r.is_busy]
        if len(moving) == 1 and not idle:
            total = total * moving[0].total
        elif moving or idle:
            busy = ((r.lengths > 0).astype(np.int64) for r in idle)
            total = total * axis.summed(prod((*(r.lengths for r in moving), *busy), start=ONE))
        else:
            total = total * axis.on_grid(axis.steps)
    return total
