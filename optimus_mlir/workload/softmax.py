"""Attention as loop nests: scores, their softmax along the keys, and the values that it weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from optimus_mlir.workload.graph import Graph
from optimus_mlir.workload.operator import Access, Body, Linear, Operator
from optimus_mlir.workload.parts import is_inside


@dataclass(frozen=True)
class Attention:
    """The operators of one attention, in program order, and which loop of each walks the keys.

    s = `scores`, m = `maximum` of s, e = exp(s - m), l = `total` of e, p = e / l (`shares`),
    o = p v (`weighted`). What is `checked` holds of all scores of a row, or does not.
    """

    operators: tuple[Operator, ...]
    keys: Mapping[str, int]
    scores: Operator
    maximum: Operator
    checked: tuple[Operator, ...]
    exponentials: Operator
    total: Operator
    shares: Operator
    weighted: Operator

    @property
    def reductions(self) -> tuple[Operator, ...]:
        """Those along the keys that come before the values."""
        return (self.maximum, self.total, *self.checked)

    @cached_property
    def read_of_shares(self) -> Access:
        return next(a for a in self.weighted.reads if a.tensor == self.shares.write.tensor)

    @cached_property
    def read_of_exponentials(self) -> Access:
        """How the values would be weighed by e instead of p."""
        return through(self.shares, self.read_of_shares, self.shares.reads[0])

    @cached_property
    def divisors(self) -> tuple[Access, ...]:
        """What makes p of e, by the loops of o."""
        return tuple(
            through(self.shares, self.read_of_shares, access) for access in self.shares.reads[1:]
        )

    def maximum_for(self, reader: Operator) -> Access:
        """The maximum that belongs to an element of l or o, by the loops of these."""
        read = reader.reads[0] if reader == self.total else self.read_of_exponentials
        return through(self.exponentials, read, self.exponentials.reads[1])


def through(producer: Operator, read: Access, access: Access) -> Access:
    """What a producer reads for an element of its result, by the loops of who reads that element."""
    nothing = Linear((0,) * len(read.indices[0].coefficients))
    loops = [nothing] * len(producer.extents)
    for dimension, loop in enumerate(producer.output_loops):
        loops[loop] = read.indices[dimension]
    return access.within(loops)


def attention_in(group: Graph) -> Attention | None:
    """The attention that a group is, with nothing beside it."""
    found = attentions_in(group)
    return next((each for each in found if each.operators == group.operators), None)


def attentions_in(graph: Graph) -> Iterator[Attention]:
    """All attentions of a network."""
    if any(operator.body is Body.EXPONENTIAL for operator in graph.operators):
        for operator in graph.operators:
            for loop in operator.output_loops:
                if attention := attention_at(graph, operator, loop):
                    yield attention


def attention_at(graph: Graph, scores: Operator, loop: int) -> Attention | None:
    """The attention whose scores an operator computes, with keys along this loop of its result."""
    if loop not in scores.output_loops or not scores.macs or not is_inside(graph, scores, loop):
        return None
    members = _members(graph, scores)
    if members is None:
        return None
    keys = _keys(graph, members, loop)
    if keys is None:
        return None
    order = {operator.name: i for i, operator in enumerate(graph.operators)}
    scores, maximum, exponentials, total, shares, weighted, *checked = members
    operators = tuple(sorted(members, key=lambda operator: order[operator.name]))
    attention = Attention(
        operators, keys, scores, maximum, tuple(checked), exponentials, total, shares, weighted
    )
    return attention if _is_sound(graph, attention) else None


def _members(graph: Graph, scores: Operator) -> list[Operator] | None:
    """Scores, maximum, exponentials, total, shares, weighted, and what is checked; by who reads whom."""
    readers = graph.consumers[scores.write.tensor]
    exponentials = [o for o in readers if o.body is Body.EXPONENTIAL]
    maxima = [o for o in readers if o.body is Body.MAXIMUM]
    checked = [o for o in readers if o.body is Body.ALL]
    if not len(exponentials) == len(maxima) == 1 or len(readers) != 2 + len(checked):
        return None
    of_e = {o.body: o for o in graph.consumers[exponentials[0].write.tensor]}
    if of_e.keys() != {Body.SUM, Body.SHARE}:
        return None
    total, shares = of_e[Body.SUM], of_e[Body.SHARE]
    weighted = graph.consumers[shares.write.tensor]
    if len(weighted) != 1 or not weighted[0].adds_up or not weighted[0].macs:
        return None
    return [scores, maxima[0], exponentials[0], total, shares, weighted[0], *checked]


def _keys(graph: Graph, members: list[Operator], loop: int) -> dict[str, int] | None:
    """The loops that walk the keys, given that of the scores."""
    scores, maximum, exponentials, total, shares, weighted, *checked = members
    keys = {scores.name: loop}
    sources = [(scores, o) for o in (maximum, *checked, exponentials)]
    sources += [(exponentials, total), (exponentials, shares), (shares, weighted)]
    for producer, reader in sources:
        dimension = producer.output_dimension(keys[producer.name])
        walking = _walking(graph, reader, producer.write.tensor, dimension)
        if walking is None or reader.reduction[walking] == (reader in (exponentials, shares)):
            return None
        keys[reader.name] = walking
    return keys


def _walking(graph: Graph, reader: Operator, tensor: str, dimension: int) -> int | None:
    """The loop that walks a dimension of a tensor that an operator reads once, and nothing else of it."""
    reads = [access for access in reader.reads if access.tensor == tensor]
    if len(reads) != 1 or reads[0].is_diagonal:
        return None
    index, extent = reads[0].indices[dimension], graph.tensors[tensor].shape[dimension]
    if len(index.loops) != 1:
        return None
    (loop,) = index.loops
    whole = (index.coefficients[loop], index.constant, reader.extents[loop]) == (1, 0, extent)
    return loop if whole else None


def _is_sound(graph: Graph, a: Attention) -> bool:
    """Whether all reads are those of an attention, and nobody else reads what is inside it."""
    inside = [operator.write.tensor for operator in a.operators if operator != a.weighted]
    readers = {reader for name in inside for reader in graph.consumers[name]}
    apart = readers <= set(a.operators) and not set(inside) & set(graph.outputs)
    s, m, e = (o.write.tensor for o in (a.scores, a.maximum, a.exponentials))
    done = {o.write.tensor for o in (a.total, *a.checked)}
    return (
        apart
        and [access.tensor for access in a.exponentials.reads] == [s, m]
        and a.shares.reads[0] == Access(e, a.shares.write.indices)
        and {access.tensor for access in a.shares.reads[1:]} == done
        and all(len(o.reads) == sum(o.reduction) == 1 for o in a.reductions)
        and a.weighted.accumulates_in_place
        and is_inside(graph, a.weighted, a.keys[a.weighted.name])
        and _is_by_row(a)
    )


def _is_by_row(a: Attention) -> bool:
    """Whether maxima and totals belong to an element of a result, not to what is added up for it."""
    reads = [(o, a.maximum_for(o)) for o in (a.total, a.weighted)]
    reads += [(a.weighted, access) for access in a.divisors]
    return all(access.loops <= set(o.output_loops) for o, access in reads)
