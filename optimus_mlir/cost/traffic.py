"""DRAM traffic of a program: every transfer, over every step of the loops around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from optimus_mlir.cost.buffers import Path, element_bytes, volume
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Program, Store
from optimus_mlir.cost.region import Grid
from optimus_mlir.target import Accelerator

Place = tuple[Node, Path, Box]


def walk(body: Sequence[Node], loops: Path = (), guard: Box = ()) -> Iterator[Place]:
    """Every node that is not a loop, in program order, with the loops and the guards around it."""
    for node in body:
        if isinstance(node, Loop):
            yield from walk(node.body, (*loops, node.axis), (*guard, *node.guard))
        else:
            yield node, loops, (*guard, *node.guard)


def elements_read(program: Program) -> dict[str, Grid]:
    """Elements that each live-in costs, for all who read it."""
    return _moved(program, Load)


def elements_written(program: Program) -> dict[str, Grid]:
    """Elements that each live-out costs."""
    return _moved(program, Store)


def bytes_read(program: Program, accelerator: Accelerator) -> dict[str, Grid]:
    """DRAM bytes that each live-in costs."""
    return _in_bytes(elements_read(program), program, accelerator)


def bytes_written(program: Program, accelerator: Accelerator) -> dict[str, Grid]:
    """DRAM bytes that each live-out costs."""
    return _in_bytes(elements_written(program), program, accelerator)


def _in_bytes(
    elements: dict[str, Grid], program: Program, accelerator: Accelerator
) -> dict[str, Grid]:
    tensors = {buffer.tensor.name: buffer.tensor for buffer in program.buffers.values()}
    return {name: n * element_bytes(tensors[name], accelerator) for name, n in elements.items()}


def _moved(program: Program, kind: type[Load | Store]) -> dict[str, Grid]:
    moved: dict[str, Grid] = {}
    for node, loops, guard in walk(program.body):
        if isinstance(node, kind):
            name = node.buffer.tensor.name
            moved[name] = moved.get(name, 0) + volume(node.box, loops, guard)
    return moved


def macs(program: Program) -> Grid:
    """Multiply-accumulates, recomputed ones included."""
    total = np.array([0])
    for node, loops, guard in walk(program.body):
        if isinstance(node, Compute) and node.multiplies:
            total = total + volume(node.loops, loops, guard)
    return total
