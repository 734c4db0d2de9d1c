"""Values that are sums of gathers from one tensor, each times a known weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.analysis.structured import Structured, structured_producer
from optimus_mlir.mlir import arith, ir
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.body_evaluation import known_inside
from optimus_mlir.normalize.gathers import Gather, gather_of
from optimus_mlir.normalize.known_values import KnownValues

Terms = Mapping[Gather, Array]
"""What each gather is multiplied by, at each element; with axes of length 1 where that is the same."""


@dataclass(frozen=True, eq=False)
class GatheredSum:
    """The sum of `terms`, all gathers from `source`, as a tensor of this shape."""

    terms: Terms
    shape: Sequence[int]

    @property
    def source(self) -> ir.Value:
        return next(iter(self.terms)).source

    def copies(self, dimension: int, extent: int) -> bool:
        """Whether the dimension is copied as it is."""
        as_it_is = np.arange(extent)
        return all(np.array_equal(gather.tables[dimension], as_it_is) for gather in self.terms)


class GatheredSums:
    """What the ops of a program compute, where it is such a sum: each op is looked at once."""

    def __init__(self, known: KnownValues) -> None:
        self.known = known
        self._terms: dict[ir.Operation, Terms | None] = {}

    def of(self, view: Structured) -> GatheredSum | None:
        terms = self._of(view)
        if not terms or len({gather.source for gather in terms}) > 1:
            return None
        return GatheredSum(terms, view.result.type.shape)

    def _of(self, view: Structured) -> Terms | None:
        op = view.op.operation
        if op not in self._terms:
            self._terms[op] = self._found(view)
        return self._terms[op]

    def _found(self, view: Structured) -> Terms | None:
        if (gather := gather_of(view, self.known)) is not None:
            return {gather: np.ones([1] * len(gather.tables))}
        if not view.is_elementwise or not all(map(_is_linear, view.computations)):
            return None
        factors = known_inside(view, self.known)
        terms: dict[ir.Value, Terms] = {}
        for number in view.identity_reads():
            producer = structured_producer(view.operands[number])
            if producer and (found := self._of(producer)):
                terms[view.arguments[number]] = found
        for op in view.computations:
            outside = {value: self.known[value] for value in op.operands if value in self.known}
            if found := _computed(op, terms, {**factors, **outside}):
                terms[op.results[0]] = found
        return terms.get(view.yielded)


def _is_linear(op: ir.OpView) -> bool:
    return isinstance(op, arith.AddFOp | arith.SubFOp | arith.MulFOp)


def _computed(
    op: ir.OpView, terms: Mapping[ir.Value, Terms], factors: Mapping[ir.Value, Array]
) -> Terms | None:
    one, two = op.operands
    if isinstance(op, arith.MulFOp):
        times, by = (one, two) if one in terms else (two, one)
        return _scaled(terms[times], factors[by]) if times in terms and by in factors else None
    if one not in terms or two not in terms:
        return None
    more = terms[two] if isinstance(op, arith.AddFOp) else _scaled(terms[two], np.array(-1.0))
    total = dict(terms[one])
    for gather, factor in more.items():
        total[gather] = total[gather] + factor if gather in total else factor
    return total


def _scaled(terms: Terms, factor: Array) -> Terms:
    return {gather: weight * factor for gather, weight in terms.items()}
