"""Guards: at which steps there is nothing to do, because nobody wants what would come of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce

import numpy as np

from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.region import Axis, Range
from optimus_mlir.cost.schedule import Unschedulable

Condition = tuple[Axis, bytes]  # at which steps of a loop something is wanted


def either(guards: Iterable[Box], home: Sequence[Axis]) -> Box:
    """A guard under which at least one of these is met; only those loops count that are `home`.

    A guard is met at steps at which none of its ranges is empty; without ranges, always.
    """
    short: list[Box] = []
    for guard in guards:
        idle = tuple(r for r in guard if r.axis in home and not r.is_busy)
        if not idle:
            return ()
        short.append(idle)
    return _either(tuple(short)) if short else ()


@lru_cache(maxsize=4096)
def _either(guards: tuple[Box, ...]) -> Box:
    conditions = {_conditions(guard): guard for guard in guards}
    weakest = [one for one in conditions if not any(other < one for other in conditions)]
    if len(weakest) == 1:
        return conditions[weakest[0]]
    axes = {axis for condition in weakest for axis, _ in condition}
    if len(axes) > 1:
        names = " and ".join(sorted(axis.name for axis in axes))
        raise Unschedulable(f"who reads a tensor is idle at different steps of the loops {names}")
    (axis,) = axes
    busy = reduce(np.bitwise_or, (_mask(steps) for ((_, steps),) in weakest))
    return () if busy.all() else (Range(np.zeros_like(busy), busy, axis),)


def _conditions(guard: Box) -> frozenset[Condition]:
    """One per loop, alike for guards that are met at the same steps."""
    busy: dict[Axis, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
    for r in guard:
        assert r.axis is not None
        here = (r.lengths > 0).astype(np.int64)
        busy[r.axis] = busy.get(r.axis, here) & here
    return frozenset((axis, steps.tobytes()) for axis, steps in busy.items())


def _mask(steps: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.frombuffer(steps, dtype=np.int64)
