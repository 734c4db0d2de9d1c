"""Footprint: which buffers are live together, and where each lies in the scratchpad."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.cost.buffers import Buffer
from optimus_mlir.cost.overlap import Events, Reach, numbered, transfers_reach
from optimus_mlir.cost.program import Compute, Loop, Node, Program
from optimus_mlir.cost.region import Grid
from optimus_mlir.target import Accelerator


@dataclass(frozen=True)
class Lifetime:
    """A buffer of `bytes` that is live from event `first` to event `last`, both included."""

    bytes: int
    first: int
    last: int

    def overlaps(self, other: Lifetime) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Packing:
    """An offset for every lifetime, and the highest end of any: the footprint."""

    offsets: tuple[int, ...]
    bytes: int


def live_bytes(lifetimes: Sequence[Lifetime]) -> int:
    """The most bytes live at one event: no packing can do with less."""
    if not lifetimes:
        return 0
    change = [0] * (max(lifetime.last for lifetime in lifetimes) + 2)
    for lifetime in lifetimes:
        change[lifetime.first] += lifetime.bytes
        change[lifetime.last + 1] -= lifetime.bytes
    return max(itertools.accumulate(change))


def pack(lifetimes: Sequence[Lifetime]) -> Packing:
    """Offsets such that no two live buffers overlap: the best of four greedy orders.

    First fit by decreasing size is the usual heuristic for dynamic storage allocation (Pisarchyk
    and Lee, 2020, "greedy by size"). The last order is optimal for a chain, where a buffer that
    does not live throughout meets only the one before it and the one after.
    """
    bound = live_bytes(lifetimes)
    best: Packing | None = None
    for order in (_by_size, _by_duration, _by_start):
        packing = _place(lifetimes, order(lifetimes), bound=None)
        if best is None or packing.bytes < best.bytes:
            best = packing
        if best.bytes == bound:
            return best
    packing = _place(lifetimes, _throughout_first(lifetimes), bound)
    assert best is not None
    return packing if packing.bytes < best.bytes else best


def _by_size(lifetimes: Sequence[Lifetime]) -> list[int]:
    return _sorted(lifetimes, lambda life: (-life.bytes, life.first))


def _by_duration(lifetimes: Sequence[Lifetime]) -> list[int]:
    return _sorted(lifetimes, lambda life: (life.first - life.last, -life.bytes))


def _by_start(lifetimes: Sequence[Lifetime]) -> list[int]:
    return _sorted(lifetimes, lambda life: (life.first, -life.bytes))


def _throughout_first(lifetimes: Sequence[Lifetime]) -> list[int]:
    """Those that meet every other, then the rest as they begin."""

    def key(life: Lifetime) -> tuple[int, int, int]:
        always = all(map(life.overlaps, lifetimes))
        return (0, 0, 0) if always else (1, life.first, life.last)

    return _sorted(lifetimes, key)


def _sorted(lifetimes: Sequence[Lifetime], key: Callable[[Lifetime], tuple[int, ...]]) -> list[int]:
    return sorted(range(len(lifetimes)), key=lambda i: key(lifetimes[i]))


def _place(lifetimes: Sequence[Lifetime], order: Sequence[int], bound: int | None) -> Packing:
    """First fit from the bottom; under a `bound`, from the top and from the bottom in turn."""
    offsets: dict[int, int] = {}
    from_top = False
    for i in order:
        life = lifetimes[i]
        taken = sorted(
            (offsets[j], offsets[j] + lifetimes[j].bytes)
            for j in offsets
            if life.overlaps(lifetimes[j])
        )
        offsets[i] = _lowest(taken, life.bytes)
        if bound is not None and not all(map(life.overlaps, lifetimes)):
            if from_top:
                offsets[i] = max(offsets[i], _highest(taken, life.bytes, bound))
            from_top = not from_top
    top = max((offsets[i] + lifetimes[i].bytes for i in offsets), default=0)
    return Packing(tuple(offsets[i] for i in range(len(lifetimes))), top)


def _lowest(taken: Sequence[tuple[int, int]], size: int) -> int:
    """The first gap of `size` between the taken intervals, or their end."""
    offset = 0
    for begin, end in taken:
        if offset + size <= begin:
            break
        offset = max(offset, end)
    return offset


def _highest(taken: Sequence[tuple[int, int]], size: int, bound: int) -> int:
    """The last gap of `size` below `bound`; negative if there is none."""
    ceiling = bound
    for begin, end in sorted(taken, key=lambda interval: -interval[1]):
        if end + size <= ceiling:
            break
        ceiling = min(ceiling, begin)
    return ceiling - size


def lifetimes(program: Program, accelerator: Accelerator) -> dict[Buffer, Lifetime]:
    """When each buffer of the program is live, in the order of their first use."""
    reach = Reach.CERTAIN if accelerator.double_buffering else None
    return {
        buffer: Lifetime(buffer.bytes(accelerator).item(), first, last)
        for buffer, (first, last) in spans(program, reach).items()
    }


def addresses(program: Program, accelerator: Accelerator) -> dict[Buffer, int]:
    """The scratchpad byte at which each buffer begins."""
    live = lifetimes(program, accelerator)
    return dict(zip(live, pack(list(live.values())).offsets, strict=True))


def footprint_bytes(program: Program, accelerator: Accelerator) -> int:
    """Scratchpad bytes that the program needs."""
    return pack(list(lifetimes(program, accelerator).values())).bytes


def least_bytes(program: Program, accelerator: Accelerator) -> Grid:
    """The most bytes live at one event, for every combination of tile sizes: a lower bound."""
    changes: list[tuple[int, bool, Grid]] = []  # at one moment, what begins before what ends
    reach = Reach.SHORTEST if accelerator.double_buffering else None
    for buffer, (first, last) in spans(program, reach).items():
        size = buffer.bytes(accelerator)
        changes += [(first, False, size), (last, True, size)]
    live = peak = np.array([0])
    for _, ends, size in sorted(changes, key=lambda change: change[:2]):
        live = live - size if ends else live + size
        if not ends:
            peak = np.maximum(peak, live)
    return peak


def spans(program: Program, reach: Reach | None = None) -> dict[Buffer, tuple[int, int]]:
    """The first and the last event that touch each buffer, in the order of their first use.

    A buffer whose home lies outside a loop stays live for all of that loop's steps. With a `reach`
    transfers run beside the steps before and behind their own.
    """
    events = numbered(program.body)
    touches = _touches(program.body, events)
    reached = transfers_reach(program.body, events, reach) if reach else ()
    found: dict[Buffer, tuple[int, int]] = {}
    for buffer, first, last in itertools.chain(touches, reached):
        begin, end = found.get(buffer, (first, last))
        found[buffer] = min(begin, first), max(end, last)
    return found


def _touches(body: Sequence[Node], events: Events) -> Iterator[tuple[Buffer, int, int]]:
    """The buffers that each node of a body touches, and when."""
    for node in body:
        touched = _touched(node)
        if isinstance(node, Loop):
            inside = list(_touches(node.body, events))
            yield from inside
            touched = [b for b, _, _ in inside if node.axis not in b.home]
        for buffer in touched:
            yield buffer, *events[node]


def _touched(node: Node) -> list[Buffer]:
    if isinstance(node, Loop):
        return []
    if isinstance(node, Compute):
        return [node.buffer, *(buffer for buffer, _ in node.needs)]
    return [node.buffer]
