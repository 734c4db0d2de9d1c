"""Operators in parts: a rewrite of the graph, not another kind of loop.

Before: c = a b + bias                 After: s = a[:, :k] b[:k]       a tensor of partial sums
                                              c = a[:, k:] b[k:] + s + bias
An attention along its keys is a chain of operators in parts: see `online_softmax`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from optimus_mlir.workload.graph import Graph, Tensor
from optimus_mlir.workload.online_softmax import parts_of_attention, results_of_attention
from optimus_mlir.workload.operator import Access, Operator
from optimus_mlir.workload.parts import is_inside, part_name, part_of
from optimus_mlir.workload.softmax import Attention, attention_at


@dataclass(frozen=True)
class Split:
    """`operator` runs its loop `loop` in parts of these sizes, one after the other.

    The loop is a reduction; or the keys of an attention whose scores the operator computes, and then
    all operators of the attention run in parts.
    """

    operator: str
    loop: int
    sizes: tuple[int, ...]


def can_split(graph: Graph, operator: Operator, loop: int) -> bool:
    """Whether its reduction over `loop` is a sum of sums and no part of it lies in padding.

    Or whether it computes scores with keys along the loop.
    """
    if not operator.reduction[loop]:
        return attention_at(graph, operator, loop) is not None
    apart = operator.splits(loop) and operator.adds_up and operator.macs > 0
    return apart and is_inside(graph, operator, loop)


def attention_of(graph: Graph, split: Split) -> Attention | None:
    """The attention that is split, if it is one."""
    operator = next(o for o in graph.operators if o.name == split.operator)
    return attention_at(graph, operator, split.loop)


def whole_names(graph: Graph, split: Split) -> tuple[str, ...]:
    """The operators that run in parts, in program order."""
    attention = attention_of(graph, split)
    return (split.operator,) if attention is None else tuple(o.name for o in attention.operators)


def even_sizes(extent: int, parts: int) -> tuple[int, ...]:
    """As equal as can be, the larger ones first."""
    size, longer = divmod(extent, parts)
    return (size + 1,) * longer + (size,) * (parts - longer)


def split_graph(graph: Graph, splits: Iterable[Split]) -> Graph:
    """The graph with these operators in parts; each part but the last leaves partial sums."""
    parts_of: dict[str, tuple[Operator, ...]] = {}  # by the operator in whose place they run
    tensors = dict(graph.tensors)
    for split in splits:
        attention = attention_of(graph, split)
        if attention is None:
            operator = next(o for o in graph.operators if o.name == split.operator)
            parts = parts_of[operator.name] = tuple(_parts(operator, split))
            shape = tensors[operator.write.tensor].shape
            sums = (part.write.tensor for part in parts[:-1])
            tensors |= {name: Tensor(name, shape, is_partial_sum=True) for name in sums}
            continue
        parts_of |= {operator.name: () for operator in attention.operators}
        parts_of[attention.weighted.name] = parts_of_attention(attention, split.sizes)
        tensors |= {t.name: t for t in results_of_attention(graph, attention, split.sizes)}
        for inside in attention.operators:
            if inside != attention.weighted:
                del tensors[inside.write.tensor]
    operators = (part for o in graph.operators for part in parts_of.get(o.name, (o,)))
    return Graph(tuple(operators), tensors, graph.outputs)


def split_names(graph: Graph, names: Iterable[str], splits: Iterable[Split]) -> tuple[str, ...]:
    """The operators' names, and instead of those that are split the names of their parts."""
    parts_of: dict[str, tuple[str, ...]] = {}
    for split in splits:
        attention = attention_of(graph, split)
        if attention is None:
            count = len(split.sizes)
            parts_of[split.operator] = tuple(part_name(split.operator, i) for i in range(count))
            continue
        parts_of |= {operator.name: () for operator in attention.operators}
        parts = parts_of_attention(attention, split.sizes)
        parts_of[attention.weighted.name] = tuple(part.name for part in parts)
    return tuple(part for name in names for part in parts_of.get(name, (name,)))


def _parts(operator: Operator, split: Split) -> Iterator[Operator]:
    early = len(operator.reads) - operator.epilogue_reads
    begin, last = 0, len(split.sizes) - 1
    before: Access | None = None
    for number, size in enumerate(split.sizes):
        part = part_of(operator, number, split.loop, begin, size)
        added = (before,) if before else ()
        after = operator.reads[early:] if number == last else ()
        yield replace(
            part,
            reads=(*part.reads[:early], *added, *after),
            write=operator.write if number == last else part.write,
            epilogue_reads=len(added) + len(after),
        )
        begin, before = begin + size, part.write
