"""Compulsory traffic: what no schedule and no plan can avoid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from optimus_mlir.cost.buffers import element_bytes
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Access, Graph, Linear, Operator
from optimus_mlir.workload.merging import as_merged, merged_groups, merged_shape

Indices = frozenset[int]
Part = tuple[Indices, ...]  # of a tensor: the product of a set of indices per dimension

NOTHING: Part = (frozenset(),)


def floor_bytes(group: Graph, accelerator: Accelerator) -> int:
    """Compulsory traffic of a group or a network: each live-in and each output once.

    Of a live-in only what its consumers touch: a 1x1 convolution of stride 2 skips most of it.
    """
    tensors = group.tensors
    return sum(
        elements * element_bytes(tensors[name], accelerator)
        for name, elements in compulsory_elements(group).items()
    )


def compulsory_elements(group: Graph) -> dict[str, int]:
    """Elements of live-ins that some needed result depends on, and of outputs; a lower bound.

    Diagonals are not counted.
    """
    needed: dict[str, Part] = {name: _whole(group, name) for name in group.outputs}
    for (name, _), part in _touched(group).items():
        if _elements(part) > _elements(needed.get(name, NOTHING)):
            needed[name] = part
    names = dict.fromkeys((*group.live_ins, *group.outputs))
    return {name: _elements(needed.get(name, NOTHING)) for name in names}


def touched_elements(network: Graph) -> dict[tuple[str, str], int]:
    """Elements of a tensor that an operator touches at the least, by the names of both.

    What the operator's result is needed for may lie in another group: then it is needed whole, and
    no less is touched. So these figures hold in every group of the network.
    """
    return {key: _elements(part) for key, part in _touched(network).items()}


def _touched(group: Graph) -> dict[tuple[str, str], Part]:
    """The part of each tensor that each of its readers needs, so that outputs come out whole.

    Without what comes of blocks beside it: in the group that fetches them, nothing may.
    """
    needed: dict[str, Part] = {name: _whole(group, name) for name in group.outputs}
    touched: dict[tuple[str, str], Part] = {}
    for operator in reversed(group.operators):
        result = needed.get(operator.write.tensor, NOTHING)
        if not _elements(result):
            continue
        loops = _loops(operator, result)
        for access in operator.reads:
            name, shape = access.tensor, group.tensors[access.tensor].shape
            part = tuple(
                _values(index, tuple(loops[loop] for loop in index.loops), extent)
                for index, extent in zip(access.indices, shape, strict=True)
            )
            if access.is_diagonal:
                continue
            reader = (name, operator.name)
            needed[name] = max(needed.get(name, NOTHING), part, key=_elements)
            if access.merges:
                part = _without_blocks(access, loops, shape)
            touched[reader] = max(touched.get(reader, NOTHING), part, key=_elements)
    return touched


def _without_blocks(access: Access, loops: Sequence[Indices], shape: Sequence[int]) -> Part:
    """What is needed of a tensor with its dimensions merged."""
    groups = merged_groups(access.indices)
    pairs = zip(as_merged(access.indices, groups), merged_shape(shape, groups), strict=True)
    return tuple(_values(i, tuple(loops[loop] for loop in i.loops), n) for i, n in pairs)


def _whole(group: Graph, name: str) -> Part:
    return tuple(map(_all, group.tensors[name].shape))


def _loops(operator: Operator, result: Part) -> list[Indices]:
    loops = list(map(_all, operator.extents))
    for dimension, indices in enumerate(result):
        loops[operator.output_loop(dimension)] = indices
    return loops


def _elements(part: Part) -> int:
    return math.prod(map(len, part))


@lru_cache(maxsize=4096)
def _all(extent: int) -> Indices:
    return frozenset(range(extent))


@lru_cache(maxsize=2**14)
def _values(index: Linear, loops: tuple[Indices, ...], extent: int) -> Indices:
    """What the index takes over the loops that it depends on, without padding."""
    values = {index.constant}
    for loop, indices in zip(index.loops, loops, strict=True):
        coefficient = index.coefficients[loop]
        values = {value + coefficient * i for value in values for i in indices}
    if index.is_of_blocks:
        blocks = {value // index.divisor for value in values}
        values = {block + i for block in blocks for i in range(index.span)}
    return frozenset(value for value in values if 0 <= value < extent)
