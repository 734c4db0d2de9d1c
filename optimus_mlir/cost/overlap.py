"""Which steps a transfer runs beside, with double buffering: that before a load, that behind a store.

What stands between two loops of a program is a *section*; one that computes or stores is a step.
A load starts as the step before its own begins, and a store may last until the next step has ended.
The same steps are priced by `steps` and `cycles`, and emitted by `accel.pipelining`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from optimus_mlir.cost.buffers import Buffer
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Phase, Store

Events = Mapping[Node, tuple[int, int]]  # the first and the last of each node, loops included


class Reach(Enum):
    """How far steps that may have nothing to do are looked through."""

    CERTAIN = "to a step that is always one"
    SHORTEST = "to the next that ever is one: for a bound, whatever the tile sizes"


def numbered(body: Sequence[Node]) -> dict[Node, tuple[int, int]]:
    """An event for each node of a program, and one for the end of each loop."""
    events: dict[Node, tuple[int, int]] = {}
    _number(body, itertools.count(1), events)
    return events


def _number(
    body: Sequence[Node], clock: Iterator[int], events: dict[Node, tuple[int, int]]
) -> None:
    for node in body:
        begin = end = next(clock)
        if isinstance(node, Loop):
            _number(node.body, clock, events)
            end = next(clock)
        events[node] = begin, end


@dataclass(frozen=True)
class Place:
    """Number `index` of the sections and loops of a body; `loop` runs it, at place `outer`."""

    units: Sequence[Sequence[Node]]
    index: int
    loop: Loop | None
    outer: Place | None


def transfers_reach(
    body: Sequence[Node], events: Events, reach: Reach
) -> Iterator[tuple[Buffer, int, int]]:
    """Each buffer that DMA fills or empties, from the first to the last event that needs it there."""
    for node, place in _transfers(body, None, None):
        beyond = _beyond(place, forward=isinstance(node, Store), reach=reach)
        touched = [events[other] for other in (*place.units[place.index], *beyond)]
        yield node.buffer, min(first for first, _ in touched), max(last for _, last in touched)


def _transfers(
    body: Sequence[Node], loop: Loop | None, outer: Place | None
) -> Iterator[tuple[Load | Store, Place]]:
    units = [
        list(nodes)
        for is_loop, run in itertools.groupby(body, lambda node: isinstance(node, Loop))
        for nodes in ([[node] for node in run] if is_loop else [run])
    ]
    for index, unit in enumerate(units):
        place = Place(units, index, loop, outer)
        for node in unit:
            if isinstance(node, Loop):
                yield from _transfers(node.body, node, place)
            elif isinstance(node, Load | Store):
                yield node, place


def _beyond(start: Place, *, forward: bool, reach: Reach) -> Iterator[Node]:
    """What lies before a place, or behind it, up to the next step.

    Beyond an end of a loop's body lie the body's other end, and what stands around the loop.
    """
    place: Place | None = start
    while place is not None:
        index, units = place.index, place.units
        for unit in units[index + 1 :] if forward else reversed(units[:index]):
            yield from unit
            if any(_is_step(node, reach) for node in unit):
                return
        if place.loop is not None:
            yield place.loop
        place = place.outer


def _is_step(node: Node, reach: Reach) -> bool:
    """Whether there is something to compute or to store."""
    certain = reach is Reach.CERTAIN
    if isinstance(node, Loop):
        runs = not certain or all(r.is_busy for r in node.guard)
        return runs and any(_is_step(inner, reach) for inner in node.body)
    if isinstance(node, Store):
        return not certain or all(r.is_busy for r in node.box)
    if not isinstance(node, Compute) or node.phase in (Phase.START, Phase.FINISH):
        return False
    return not certain or all(r.is_busy for r in (*node.box, *node.loops, *node.guard))
