"""What a group moves at the least when its weights and its feature maps do not fit together.

Claim, for every schedule of the space (fusion/space.py) of a group of several operators. Call a map
that an operator reads or makes *whole* if no block cuts it while the operator computes. M elements
fit on chip, and m beside the weights that are resident throughout the tile loops.

- Whole maps that no tile loop moves are on chip whole: together they are at most m.
- Of those that move, x elements together, a part is there at each of the V tile steps in which the
  operator computes; they all come by, so one part has x / V elements or more: V >= x / m.
- Weights (w elements) that no tile loop moves are resident, or streamed: they come V times.
- Weights that a tile loop moves are resident, or come V times if it is the inner loop. If it is the
  outer one, at most m of them are there at once. Then maps that it does not move are on chip whole,
  or, if they are live-ins, they come again for each of the w / m parts.

What comes once is in the floor, the rest is extra. Without tile loops all comes once; but operators
may then reduce in blocks, which cut what they read and leave sums that are whole, and wider.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.fusion.space import reductions, streams, tiled_dimensions
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Access, Graph, Operator

Loops = frozenset[int]
Touched = Mapping[tuple[str, str], int]  # elements of a tensor that an operator touches at least

NO_LOOPS: Loops = frozenset()
ROOMS = 2.0 ** (-np.arange(25) / 4)  # parts of the scratchpad that resident weights may leave


def extra_elements(group: Graph, touched: Touched, accelerator: Accelerator) -> float:
    """What a group of several operators moves beyond its floor, at least; infinite if none fits.

    `touched` may be that of the whole network.
    """
    capacity = accelerator.scratchpad_bytes // accelerator.element_bytes
    width = accelerator.accumulator_bytes / accelerator.element_bytes
    streamed = _streams(group)
    for reduced in _exchanges(group):
        moved = _moved(group, streamed | reduced)
        widths = dict.fromkeys(reduced, width)
        loads = (
            _load(group, touched, o, moved[o.name], widths.get(o.name)) for o in group.operators
        )
        if all(load.still <= capacity for load in loads):
            return 0
    return min(
        _tiled_extra(group, touched, capacity, _moved(group, streamed, tiled))
        for tiled in _tilings(group)
    )


def _tiled_extra(
    group: Graph, touched: Touched, capacity: int, moved: Mapping[str, _Moved]
) -> float:
    loads = [_load(group, touched, o, moved[o.name]) for o in group.operators]
    return _least_streamed(loads, capacity)


@dataclass(frozen=True)
class _Moved:
    """Loops of an operator that others move: blocks of its readers, its own block, tile loops."""

    around: Loops
    own: Loops
    tiled: Loops


@dataclass(frozen=True)
class _Load:
    """Elements that an operator has on chip while it computes, and what may come again.

    Of its whole maps `still` do not move. `weights` may be streamed; where a tile loop moves them,
    they may stay a part at a time, with maps of `beside` whole, or `refetched` for each part.
    """

    still: float
    moving: float
    weights: float
    refetched: float
    beside: float


def _least_streamed(loads: Sequence[_Load], capacity: int) -> float:
    """The least extra over all choices of resident weights, of which a fraction may stay.

    The room that they leave is looked at in intervals: what one needs with the most room of its
    interval, and the weights that stay with the least.
    """
    room = np.floor(capacity * ROOMS)[:, None]
    least = np.append(room[1:], [[0]], axis=0)
    still, moving, weights, refetched, beside = np.array(
        [(d.still, d.moving, d.weights, d.refetched, d.beside) for d in loads], float
    ).T
    free = room - still
    again = np.maximum(np.ceil(moving / np.maximum(free, 1)) - 1, 0)
    parts = np.ceil(weights / np.maximum(room, 1)) - 1
    instead = np.where(beside <= room, 0, parts * refetched / np.maximum(weights, 1))
    each = np.where(weights > 0, np.fmin(again, instead), 0)
    order = np.argsort(-each, axis=1, kind="stable")  # the dearest stay
    each, weights = np.take_along_axis(each, order, 1), weights[order]
    before = np.cumsum(weights, axis=1) - weights
    resident = np.clip(capacity - least - before, 0, weights)
    extra = ((weights - resident) * each).sum(axis=1)
    return float(np.where((free >= 0).all(axis=1), extra, math.inf).min())


def _load(
    group: Graph, touched: Touched, operator: Operator, moved: _Moved, sums: float | None = None
) -> _Load:
    """`sums` is the width of partial sums in elements, where the operator reduces in blocks."""
    whole = [
        *_operands(group, touched, operator, moved),
        *_result(group, touched, operator, moved, sums),
    ]
    still = sum(n for access, n in whole if not access.loops & moved.tiled)
    moving = sum(n for _, n in whole) - still
    weights = _streamed_weights(group, operator, moved)
    elements = sum(touched.get((a.tensor, operator.name), 0) for a in weights)
    walking = frozenset[int]().union(*(a.loops for a in weights)) & moved.tiled
    if not walking:
        return _Load(still, moving, elements, math.nan, math.inf)
    apart = [(access.tensor, n) for access, n in whole if not access.loops & walking]
    refetched = sum(n for name, n in apart if name in group.live_ins)
    return _Load(still, moving, elements, refetched, sum(n for _, n in apart))


def _operands(
    group: Graph, touched: Touched, operator: Operator, moved: _Moved
) -> Iterator[tuple[Access, float]]:
    """Maps that no block cuts while the operator reads them, and elements of them.

    Each reader of a live-in may have a copy for itself, which its blocks cut.
    """
    seen: set[str] = set()
    for access in operator.reads:
        is_shared = len(group.consumers[access.tensor]) > 1 and access.tensor in group.producer
        cut = moved.around if is_shared else moved.around | moved.own
        is_map = not group.tensors[access.tensor].constant
        if is_map and access.tensor not in seen and not access.loops & cut:
            seen.add(access.tensor)
            yield access, touched.get((access.tensor, operator.name), 0)


def _result(
    group: Graph, touched: Touched, operator: Operator, moved: _Moved, sums: float | None
) -> Iterator[tuple[Access, float]]:
    """The result, if it is whole: where it gathers partial sums, or where the group reads it."""
    name = operator.write.tensor
    wanted = [touched.get((name, reader.name), 0) for reader in group.consumers[name]]
    if sums is not None and not moved.around & operator.write.loops:
        yield operator.write, sums * max(wanted, default=group.tensors[name].elements)
    elif wanted and not moved.around:
        yield operator.write, max(wanted)


def _streamed_weights(group: Graph, operator: Operator, moved: _Moved) -> list[Access]:
    """Weights that come block by block and that nobody else in the group reads."""
    accesses = [
        access
        for access in operator.reads
        if group.tensors[access.tensor].constant
        and len(group.consumers[access.tensor]) == 1
        and access.loops & moved.own
    ]
    fixed = all(moved.around <= access.loops for access in accesses)
    return accesses if fixed else []


def _exchanges(group: Graph) -> Iterator[dict[str, Loops]]:
    """The loops of those operators that reduce in blocks, for every choice of them."""
    for reduction in reductions(group):
        if reduction.blocks:
            yield {block.operator: frozenset({block.loop}) for block in reduction.blocks}


def _tilings(group: Graph) -> list[tuple[int, ...]]:
    """Tiled dimensions, without those of which others have all: these can do all that they can."""
    found = dict.fromkeys(frozenset(dimensions) for dimensions in tiled_dimensions(group))
    return [tuple(sorted(d)) for d in found if not any(d < other for other in found)]


def _streams(group: Graph) -> dict[str, Loops]:
    return {block.operator: frozenset({block.loop}) for block in streams(group)}


def _moved(
    group: Graph, own: Mapping[str, Loops], dimensions: Sequence[int] = ()
) -> dict[str, _Moved]:
    """Results that nobody in the group reads are tiled; what moves a reader moves the producer."""
    around = {operator.name: NO_LOOPS for operator in group.operators}
    tiled = dict(around)
    for operator in reversed(group.operators):
        name = operator.name
        if not group.consumers[operator.write.tensor]:
            last = (d for d in dimensions if d < len(operator.write.indices))
            tiled[name] = frozenset(operator.output_loop(d) for d in last)
        for access in operator.reads:
            producer = group.producer.get(access.tensor)
            if producer is not None:
                blocks = around[name] | own.get(name, NO_LOOPS)
                around[producer.name] |= _pushed(producer, access, blocks)
                tiled[producer.name] |= _pushed(producer, access, tiled[name])
    return {n: _Moved(around[n], own.get(n, NO_LOOPS), tiled[n]) for n in around}


def _pushed(producer: Operator, access: Access, loops: Loops) -> Loops:
    """The loops of a producer that walk where these loops of a reader walk."""
    if not loops:
        return NO_LOOPS
    walked = (d for d, index in enumerate(access.indices) if not loops.isdisjoint(index.loops))
    return frozenset(map(producer.output_loop, walked))
