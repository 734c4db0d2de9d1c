"""A reduction in parts, each an operator of its own: a rewrite of the graph, not another kind of loop.

Before: c = a b + bias                 After: s = a[:, :k] b[:k]       a tensor of partial sums
                                              c = a[:, k:] b[k:] + s + bias
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from optimus_mlir.workload.graph import Graph, Tensor
from optimus_mlir.workload.operator import Access, Linear, Operator


@dataclass(frozen=True)
class Split:
    """`operator` runs its loop `loop`, a reduction, in parts of these sizes, one after the other."""

    operator: str
    loop: int
    sizes: tuple[int, ...]


def can_split(graph: Graph, operator: Operator, loop: int) -> bool:
    """Whether its reduction over `loop` is a sum of sums, and no part of it lies in padding."""
    apart = operator.splits(loop) and operator.adds_up and operator.macs > 0
    return apart and all(
        0 <= _first(index, loop, 0) <= _first(index, loop, operator.extents[loop] - 1) < extent
        for access in operator.reads
        for index, extent in zip(access.indices, graph.tensors[access.tensor].shape, strict=True)
        if loop in index.loops
    )


def part_name(operator: str, number: int) -> str:
    return f"{operator}.{number}"


def even_sizes(extent: int, parts: int) -> tuple[int, ...]:
    """As equal as can be, the larger ones first."""
    size, longer = divmod(extent, parts)
    return (size + 1,) * longer + (size,) * (parts - longer)


def split_graph(graph: Graph, splits: Iterable[Split]) -> Graph:
    """The graph with these operators in parts; each part but the last leaves partial sums."""
    split_of = {split.operator: split for split in splits}
    operators: list[Operator] = []
    tensors = dict(graph.tensors)
    for operator in graph.operators:
        if operator.name in split_of:
            parts = list(_parts(operator, split_of[operator.name]))
            shape = tensors[operator.write.tensor].shape
            sums = (part.write.tensor for part in parts[:-1])
            tensors |= {name: Tensor(name, shape, is_partial_sum=True) for name in sums}
            operators += parts
        else:
            operators.append(operator)
    return Graph(tuple(operators), tensors, graph.outputs)


def split_names(names: Iterable[str], splits: Iterable[Split]) -> tuple[str, ...]:
    """The operators' names, and instead of those that are split the names of their parts."""
    count = {split.operator: len(split.sizes) for split in splits}
    found: list[str] = []
    for name in names:
        parts = [part_name(name, number) for number in range(count.get(name, 0))]
        found += parts or [name]
    return tuple(found)


def _parts(operator: Operator, split: Split) -> Iterator[Operator]:
    early = len(operator.reads) - operator.epilogue_reads
    begin, last = 0, len(split.sizes) - 1
    before: Access | None = None
    for number, size in enumerate(split.sizes):
        name = part_name(operator.name, number)
        own = tuple(_moved(access, split.loop, begin) for access in operator.reads[:early])
        added = (before,) if before else ()
        after = operator.reads[early:] if number == last else ()
        left = replace(operator.write, tensor=f"%{name}")
        yield replace(
            operator,
            name=name,
            extents=tuple(size if i == split.loop else n for i, n in enumerate(operator.extents)),
            reads=(*own, *added, *after),
            write=operator.write if number == last else left,
            epilogue_reads=len(added) + len(after),
        )
        begin, before = begin + size, left


def _moved(access: Access, loop: int, begin: int) -> Access:
    indices = tuple(replace(i, constant=_first(i, loop, begin)) for i in access.indices)
    return replace(access, indices=indices)


def _first(index: Linear, loop: int, at: int) -> int:
    """What an index is at this iteration of the loop, and at the first of all others."""
    return index.constant + index.coefficients[loop] * at
