"""Where ops that are no operators have to stand, and which operators they keep apart.

An op between operators can run anywhere from behind the last operator that it needs to before the
first that needs it. Places are counted in operators before them. As few places as will do are
taken; one at the beginning or at the end keeps nothing apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from optimus_mlir.analysis.views import sources
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.cloning import values_read


@dataclass(frozen=True)
class Places:
    """From the first to the last place where an op can stand."""

    first: int
    last: int


def stretches(
    operators: Sequence[Sequence[ir.Operation]], others: Sequence[ir.Operation]
) -> list[range]:
    """The operators that may be fused: from one of the places taken by `others` to the next.

    An operator is given as its ops; all are in program order.
    """
    taken = {0, len(operators)}
    for places in sorted(_places(operators, others), key=lambda p: p.last):
        if not any(places.first <= place <= places.last for place in taken):
            taken.add(places.last)
    return [range(a, b) for a, b in pairwise(sorted(taken))]


def _places(
    operators: Sequence[Sequence[ir.Operation]], others: Sequence[ir.Operation]
) -> Iterator[Places]:
    number = {op: n for n, ops in enumerate(operators) for op in ops}
    first: dict[ir.Operation, int] = {}
    for op in others:
        after = (_place_after(needed, number, first) for needed in _needs(op))
        first[op] = max(after, default=0)
    last = dict.fromkeys(others, len(operators))
    for n, ops in enumerate(operators):
        _limit(last, (needed for op in ops for needed in _needs(op)), n)
    for op in reversed(others):
        _limit(last, _needs(op), last[op])
    return (Places(first[op], last[op]) for op in others)


def _place_after(
    op: ir.Operation, number: Mapping[ir.Operation, int], first: Mapping[ir.Operation, int]
) -> int:
    return number[op] + 1 if op in number else first.get(op, 0)


def _limit(last: dict[ir.Operation, int], ops: Iterable[ir.Operation], place: int) -> None:
    for op in ops:
        if op in last:
            last[op] = min(last[op], place)


def _needs(op: ir.Operation) -> Iterator[ir.Operation]:
    """The ops behind what `op` reads, views aside."""
    for value in values_read(op):
        for source in sources(value):
            if not isinstance(source.owner, ir.Block):
                yield source.owner.operation
