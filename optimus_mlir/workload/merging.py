"""Live-ins in the shape in which they are read: in DRAM a reshape is another name for the same bytes.

A tensor with merged dimensions comes in whole blocks where a group makes it. Where it is fetched, its
dimensions can be one, and no more comes than is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import prod

from optimus_mlir.workload.operator import Access, Linear

Groups = tuple[range, ...]
"""The neighbouring dimensions that are read as one, for all dimensions of a tensor."""


def common_groups(accesses: Iterable[Access]) -> Groups | None:
    """How all accesses to a tensor merge its dimensions; None if they do not, or not alike."""
    found = {merged_groups(access.indices) for access in accesses}
    groups = found.pop() if len(found) == 1 else ()
    return groups if any(len(group) > 1 for group in groups) else None


def merged_groups(indices: Sequence[Linear]) -> Groups:
    groups: list[range] = []
    while not groups or groups[-1].stop < len(indices):
        first = groups[-1].stop if groups else 0
        end = first + 1
        while prod(index.span for index in indices[first + 1 : end]) < indices[first].divisor:
            end += 1
        groups.append(range(first, end))
    return tuple(groups)


def as_merged(indices: Sequence[Linear], groups: Groups) -> tuple[Linear, ...]:
    """The same access to the tensor with its dimensions merged."""
    return tuple(replace(indices[group.start], divisor=1) for group in groups)


def merged_shape(shape: Sequence[int], groups: Groups) -> tuple[int, ...]:
    return tuple(prod(shape[d] for d in group) for group in groups)
