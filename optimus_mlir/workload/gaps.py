"""Elements between those that are read: a strided reader leaves gaps, and a step of a loop can skip them."""

from __future__ import annotations

from typing import NamedTuple

from optimus_mlir.workload.graph import Graph
from optimus_mlir.workload.operator import Linear, Operator


class Walk(NamedTuple):
    """Between which elements of a dimension an index moves, and whether it takes all of them."""

    first: int
    last: int
    is_dense: bool


def has_gaps(group: Graph) -> bool:
    """Whether running the group without a loop may compute elements that no loop would.

    Without a loop a tensor is computed from the first element that is read to the last. That is
    all needed if one reader needs it all.
    """
    inner = (name for name in group.producer if name not in group.outputs)
    return any(not _one_reads_all(group, name) for name in inner)


def _one_reads_all(group: Graph, tensor: str) -> bool:
    shape = group.tensors[tensor].shape
    reads = [
        [_walk(index, reader, extent) for index, extent in zip(access.indices, shape, strict=True)]
        for reader in group.consumers[tensor]
        for access in reader.reads
        if access.tensor == tensor
    ]
    first = [min(walk.first for walk in walks) for walks in zip(*reads, strict=True)]
    last = [max(walk.last for walk in walks) for walks in zip(*reads, strict=True)]
    all_of_it = [Walk(*ends, is_dense=True) for ends in zip(first, last, strict=True)]
    return all_of_it in reads


def _walk(index: Linear, reader: Operator, extent: int) -> Walk:
    moves = sorted((abs(index.coefficients[i]), reader.extents[i] - 1) for i in index.loops)
    reached, is_dense = 0, True
    for stride, times in moves:
        is_dense &= stride <= reached + 1 or not times
        reached += stride * times
    back = sum(min(0, index.coefficients[i]) * (reader.extents[i] - 1) for i in index.loops)
    first = index.constant + back
    return Walk(max(first, 0), min(first + reached, extent - 1), is_dense)
