"""Softmax taken online (Milakov and Gimelshein, 2018): an attention in parts of its keys.

Before: m = max s, e = exp(s - m), l = sum e, p = e / l, o = p v
After, for each part of the keys, in terms of what the part before has left (m', l', o'):
        m = max(max s, m')
        e = exp(s - m)
        l = sum e + l' exp(m' - m)
        o = e v + o' exp(m' - m)        and after the last: o / l
So scores of one part at a time are alive (Dao et al., FlashAttention, 2022). Every part consists of
ordinary operators: what joins a result late is read as it is written, like a shortcut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from optimus_mlir.workload.graph import Graph, Tensor
from optimus_mlir.workload.operator import Access, Body, Operator
from optimus_mlir.workload.parts import part_name, part_of
from optimus_mlir.workload.softmax import Attention


def parts_of_attention(attention: Attention, sizes: Sequence[int]) -> tuple[Operator, ...]:
    """The operators that run an attention in parts of so many keys, in program order."""
    found: list[Operator] = []
    begin, last = 0, len(sizes) - 1
    for number, size in enumerate(sizes):
        part = _Part(attention, number, number == last)
        found += part.operators(begin, size)
        begin += size
    return tuple(found)


def results_of_attention(
    graph: Graph, attention: Attention, sizes: Sequence[int]
) -> Iterator[Tensor]:
    """What the parts leave; totals and weighted values that are not complete are partial sums."""
    sums = (attention.total, attention.weighted)
    by_key = (attention.scores, attention.exponentials)
    for number, size in enumerate(sizes):
        for operator in attention.operators:
            shape = list(graph.tensors[operator.write.tensor].shape)
            if operator in by_key:
                shape[operator.output_dimension(attention.keys[operator.name])] = size
            is_last = number == len(sizes) - 1
            if operator != attention.shares and not (is_last and operator == attention.weighted):
                name = f"%{part_name(operator.name, number)}"
                yield Tensor(name, tuple(shape), is_partial_sum=operator in sums and not is_last)


class _Part:
    """One part; its results are named after it."""

    def __init__(self, attention: Attention, number: int, is_last: bool) -> None:
        self.attention = attention
        self.number = number
        self.is_last = is_last

    def operators(self, begin: int, size: int) -> Iterator[Operator]:
        a = self.attention
        for operator in a.operators:
            if operator != a.shares:
                yield self._operator(operator, begin, size)

    def _operator(self, operator: Operator, begin: int, size: int) -> Operator:
        a = self.attention
        part = part_of(operator, self.number, a.keys[operator.name], begin, size)
        reads = [self._own(*pair) for pair in zip(operator.reads, part.reads, strict=True)]
        if operator == a.scores:
            return replace(part, reads=tuple(reads))
        if operator == a.exponentials:  # they mind rows that are masked entirely so far
            return replace(part, reads=tuple(reads), body=Body.OTHER)
        own = len(reads) - operator.epilogue_reads
        joining, after = tuple(self._joining(operator)), tuple(reads[own:] if self.is_last else ())
        late = (*joining, *self._divisors(operator), *after)
        body = Body.OTHER if joining else operator.body
        write = operator.write if self.is_last and operator == a.weighted else part.write
        return replace(
            part, reads=(*reads[:own], *late), write=write, epilogue_reads=len(late), body=body
        )

    def _own(self, before: Access, moved: Access) -> Access:
        """A read: of what the attention makes, that of this part; of what it is given, a slice."""
        a = self.attention
        if before == a.read_of_shares:
            return self._of(a.exponentials, a.read_of_exponentials, self.number)
        for operator in a.operators:
            if before.tensor == operator.write.tensor:
                return self._of(operator, before, self.number)
        return moved

    def _joining(self, operator: Operator) -> Iterator[Access]:
        """What the part before has left, and by which maxima that is scaled."""
        a, before = self.attention, self.number - 1
        if self.number:
            yield self._of(operator, operator.write, before)
            if operator in (a.total, a.weighted):
                yield self._of(a.maximum, a.maximum_for(operator), before)
                yield self._of(a.maximum, a.maximum_for(operator), self.number)

    def _divisors(self, operator: Operator) -> Iterator[Access]:
        a = self.attention
        if operator == a.weighted and self.is_last:
            made = {each.write.tensor: each for each in a.reductions}
            for access in a.divisors:
                yield self._of(made[access.tensor], access, self.number)

    def _of(self, operator: Operator, access: Access, number: int) -> Access:
        return replace(access, tensor=f"%{part_name(operator.name, number)}")
