"""DRAM traffic of a program: every transfer, over every step of the loops around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from optimus_mlir.cost.buffers import Regions, Streaming
from optimus_mlir.cost.program import Box, Compute, Load, Loop, Node, Program, Store
from optimus_mlir.cost.region import Axis


def volume(box: Box, loops: Sequence[Axis], guard: Box = ()) -> int:
    """Elements of `box`, summed over all steps of `loops`; exact for partial and clamped steps.

    Steps at which `guard` is empty do not count.
    """
    total = 1
    for r in box:
        if r.axis is None:
            total *= r.longest
    if any(not r.longest for r in guard):
        return 0
    for axis in loops:
        moving = [r for r in box if r.axis == axis]
        idle = [r for r in guard if r.axis == axis and r.shortest == 0]
        if len(moving) == 1 and not idle:
            total *= moving[0].total
        elif moving or idle:
            steps = [*(r.lengths for r in moving), *(r.lengths > 0 for r in idle)]
            total *= int(np.prod(steps, axis=0, dtype=np.int64).sum())
        else:
            total *= axis.steps
    return total


Place = tuple[Node, tuple[Axis, ...], Box]


def walk(body: Sequence[Node], loops: tuple[Axis, ...] = (), guard: Box = ()) -> Iterator[Place]:
    """Every node that is not a loop, in program order, with the loops and the guards around it."""
    for node in body:
        if isinstance(node, Loop):
            yield from walk(node.body, (*loops, node.axis), (*guard, *node.guard))
        else:
            yield node, loops, guard


def elements_read(program: Program) -> Counter[str]:
    """Elements that each live-in costs."""
    total: Counter[str] = Counter()
    for node, loops, guard in walk(program.body):
        if isinstance(node, Load):
            total[node.buffer.tensor.name] += volume(node.box, loops, guard)
    return total


def elements_written(program: Program) -> Counter[str]:
    """Elements that each live-out costs."""
    total: Counter[str] = Counter()
    for node, loops, guard in walk(program.body):
        if isinstance(node, Store):
            total[node.buffer.tensor.name] += volume(node.box, loops, guard)
    return total


def resident_elements(regions: Regions) -> dict[str, int]:
    """Elements that each live-in costs where nothing is streamed, without laying out a program."""
    buffers = ((name, regions.buffers[name]) for name in regions.group.live_ins)
    return {name: volume(buffer.fresh, regions.around(buffer)) for name, buffer in buffers}


def streamed_elements(streaming: Streaming) -> dict[str, int]:
    """Elements that an operator's streamed live-ins cost."""
    return {
        name: volume(buffer.fresh, buffer.home, streaming.result.fresh)
        for name, buffer in streaming.buffers.items()
    }


def macs(program: Program) -> int:
    """Multiply-accumulates, recomputed ones included."""
    total = 0
    for node, loops, guard in walk(program.body):
        if isinstance(node, Compute) and node.operator.macs:
            whole = int(np.prod(node.buffer.tensor.shape, dtype=np.int64))
            total += volume(node.box, loops, guard) * (node.operator.macs // whole)
    return total
