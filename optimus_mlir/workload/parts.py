"""Operators in parts, one after the other: what each is called, and what it reads."""

from __future__ import annotations

from dataclasses import replace

from optimus_mlir.workload.graph import Graph
from optimus_mlir.workload.operator import Access, Linear, Operator


def part_name(operator: str, number: int) -> str:
    return f"{operator}.{number}"


def part_of(operator: Operator, number: int, loop: int, begin: int, size: int) -> Operator:
    """The operator over some iterations of a loop; its result is a tensor of its own."""
    name = part_name(operator.name, number)
    return replace(
        operator,
        name=name,
        extents=tuple(size if i == loop else n for i, n in enumerate(operator.extents)),
        reads=tuple(_moved(access, loop, begin) for access in operator.reads),
        write=replace(operator.write, tensor=f"%{name}"),
    )


def is_inside(graph: Graph, operator: Operator, loop: int) -> bool:
    """Whether a loop indexes what it reads by itself, and no part of it lies in padding."""
    return all(
        index.loops == (loop,)
        and 0 <= first(index, loop, 0) <= first(index, loop, operator.extents[loop] - 1) < extent
        for access in operator.reads
        for index, extent in zip(access.indices, graph.tensors[access.tensor].shape, strict=True)
        if loop in index.loops
    )


def _moved(access: Access, loop: int, begin: int) -> Access:
    indices = tuple(replace(i, constant=first(i, loop, begin)) for i in access.indices)
    return replace(access, indices=indices)


def first(index: Linear, loop: int, at: int) -> int:
    """What an index is at this iteration of the loop, and at the first of all others."""
    return index.constant + index.coefficients[loop] * at
