"""When each scratchpad buffer of a function is live, read off the IR."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from optimus_mlir.mlir import ir

ALIASES = frozenset(
    {"memref.subview", "memref.cast", "memref.collapse_shape", "memref.expand_shape"}
)


@dataclass(frozen=True)
class Span:
    """From the first to the last op (in walk order) that touches a buffer, loops around included."""

    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        return self.first <= other.last and other.first <= self.last


def spans(function: ir.Operation, allocations: list[ir.Operation]) -> list[Span]:
    """The span of every allocation; one that nothing touches has an empty span."""
    begin: dict[ir.Operation, int] = {}
    end: dict[ir.Operation, int] = {}
    _number(function, begin, end)
    return [_span(allocation, begin, end) for allocation in allocations]


def conflicting_allocations(op: ir.Operation) -> tuple[ir.Operation, ir.Operation] | None:
    """Two accel.allocs of the function around `op` that overlap in address and in time."""
    function = function_of(op)
    allocations = allocations_in(function)
    live = list(zip(allocations, spans(function, allocations), strict=True))
    for (a, a_span), (b, b_span) in itertools.combinations(live, 2):
        if a_span.overlaps(b_span) and _overlap(a, b):
            return b, a
    return None


def is_first_allocation(op: ir.Operation) -> bool:
    """Whether no accel.alloc comes before `op` in its function."""
    found: list[ir.Operation] = []

    def visit(other: ir.Operation) -> ir.WalkResult:
        if other.name != op.name:
            return ir.WalkResult.ADVANCE
        found.append(other)
        return ir.WalkResult.INTERRUPT

    function_of(op).walk(visit, ir.WalkOrder.PRE_ORDER)
    return found == [op]


def function_of(op: ir.Operation) -> ir.Operation:
    while op.parent is not None and op.name != "func.func":
        op = op.parent.operation
    return op


def allocations_in(function: ir.Operation, name: str = "accel.alloc") -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == name:
            found.append(op)
        return ir.WalkResult.ADVANCE

    function.walk(visit)
    return found


def touches(value: ir.Value) -> Iterator[ir.Operation]:
    """The ops that read or write a buffer, through any view of it, and loops that carry it."""
    seen, values = {value}, [value]
    while values:
        for use in values.pop().uses:
            op = use.owner.operation
            if op.name not in ALIASES and op.name != "scf.yield":
                yield op
            new = [v for v in _same_buffer(op, use.operand_number) if v not in seen]
            seen.update(new)
            values += new


def _same_buffer(op: ir.Operation, operand: int) -> list[ir.Value]:
    """What an operand goes by, behind a view or in a loop that carries it."""
    if op.name in ALIASES:
        return [op.results[0]]
    loop, number = (op.parent.operation, operand) if op.name == "scf.yield" else (op, operand - 3)
    if loop.name != "scf.for":
        return []
    return [loop.results[number], loop.regions[0].blocks[0].arguments[number + 1]]


def buffer_of(value: ir.Value) -> ir.Value:
    """What a view is a view of."""
    while not isinstance(value.owner, ir.Block) and value.owner.name in ALIASES:
        value = value.owner.operands[0]
    return value


def _overlap(a: ir.Operation, b: ir.Operation) -> bool:
    (a0, a1), (b0, b1) = addresses(a), addresses(b)
    return a0 < b1 and b0 < a1


def addresses(op: ir.Operation) -> tuple[int, int]:
    """The bytes of an accel.alloc."""
    offset = ir.IntegerAttr(op.attributes["offset"]).value
    return offset, offset + ir.IntegerAttr(op.attributes["bytes"]).value


def _number(op: ir.Operation, begin: dict[ir.Operation, int], end: dict[ir.Operation, int]) -> None:
    begin[op] = len(begin) + len(end)
    for region in op.regions:
        for block in region.blocks:
            for inner in block.operations:
                _number(inner.operation, begin, end)
    end[op] = len(begin) + len(end)


def _span(
    allocation: ir.Operation, begin: dict[ir.Operation, int], end: dict[ir.Operation, int]
) -> Span:
    around = [_ancestor_in(allocation.block, op) for op in touches(allocation.results[0])]
    if not around:
        return Span(begin[allocation], begin[allocation])
    return Span(min(begin[op] for op in around), max(end[op] for op in around))


def _ancestor_in(block: ir.Block, op: ir.Operation) -> ir.Operation:
    while op.block != block:
        op = op.parent.operation
    return op
