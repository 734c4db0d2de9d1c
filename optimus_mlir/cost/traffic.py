"""DRAM traffic of a program: every transfer, over every step of the loops around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from optimus_mlir.cost.buffers import Regions, Streaming
from optimus_mlir.cost.program import Box, Compute, Load, Loop, Node, Program, Store
from optimus_mlir.cost.region import Axis


def volume(box: Box, loops: Sequence[Axis]) -> int:
    """Elements of `box`, summed over all steps of `loops`; exact for partial and clamped steps."""
    total = 1
    for r in box:
        if r.axis is None:
            total *= r.longest
    for axis in loops:
        moving = [r for r in box if r.axis == axis]
        if len(moving) == 1:
            total *= moving[0].total
        elif moving:
            total *= int(np.prod([r.lengths for r in moving], axis=0, dtype=np.int64).sum())
        else:
            total *= axis.steps
    return total


def walk(
    body: Sequence[Node], loops: tuple[Axis, ...] = ()
) -> Iterator[tuple[Node, tuple[Axis, ...]]]:
    """Every node that is not a loop, in program order, with the loops around it."""
    for node in body:
        if isinstance(node, Loop):
            yield from walk(node.body, (*loops, node.axis))
        else:
            yield node, loops


def elements_read(program: Program) -> Counter[str]:
    """Elements that each live-in costs."""
    total: Counter[str] = Counter()
    for node, loops in walk(program.body):
        if isinstance(node, Load):
            total[node.buffer.tensor.name] += volume(node.box, loops)
    return total


def elements_written(program: Program) -> Counter[str]:
    """Elements that each live-out costs."""
    total: Counter[str] = Counter()
    for node, loops in walk(program.body):
        if isinstance(node, Store):
            total[node.buffer.tensor.name] += volume(node.box, loops)
    return total


def resident_elements(regions: Regions) -> dict[str, int]:
    """Elements that each live-in costs where nothing is streamed, without laying out a program."""
    buffers = ((name, regions.buffers[name]) for name in regions.group.live_ins)
    return {name: volume(buffer.fresh, regions.around(buffer)) for name, buffer in buffers}


def streamed_elements(streaming: Streaming) -> dict[str, int]:
    """Elements that an operator's streamed live-ins cost."""
    return {name: volume(buffer.fresh, buffer.home) for name, buffer in streaming.buffers.items()}


def macs(program: Program) -> int:
    """Multiply-accumulates, recomputed ones included."""
    total = 0
    for node, loops in walk(program.body):
        if isinstance(node, Compute) and node.operator.macs:
            whole = int(np.prod(node.buffer.tensor.shape, dtype=np.int64))
            total += volume(node.box, loops) * (node.operator.macs // whole)
    return total
