"""Which operands of a compute stay the same from call to call, and since where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.accel.dialect import call_in, callee_of
from optimus_mlir.accel.lifetimes import ALIASES, allocations_in, buffer_of, touches
from optimus_mlir.accel.ranges import constant
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.cloning import REBUILT

Writers = Mapping[ir.Value, Sequence[ir.Operation]]
"""For each scratchpad buffer, the instructions of its group that write to it."""


@dataclass(frozen=True)
class Steady:
    """What a compute reads in `calls` calls on end, and has been in its place since `since`.

    That is an op in `block`, or None: the block's begin. `views` tell boxes of one buffer apart.
    """

    block: ir.Block
    since: ir.Operation | None
    calls: int
    views: tuple[str, ...]

    def insertion_point(self) -> ir.InsertionPoint:
        if self.since is None:
            return ir.InsertionPoint.at_block_begin(self.block)
        return ir.InsertionPoint.after(self.since)


def writers(group: ir.Operation, results: Mapping[str, frozenset[int]]) -> Writers:
    """`results` says which arguments each kernel writes to."""
    found: dict[ir.Value, list[ir.Operation]] = {}
    for name in ("accel.load", "accel.move"):
        for op in allocations_in(group, name):
            found.setdefault(buffer_of(op.operands[1]), []).append(op)
    for op in allocations_in(group, "accel.compute"):
        call = call_in(op)
        for number in results[callee_of(op)]:
            found.setdefault(buffer_of(call.operands[number]), []).append(op)
    return found


def steady(compute: ir.Operation, operand: ir.Value, written: Writers) -> Steady | None:
    """None for an operand at an address that is computed, or that a loop carries."""
    views = list(_views(operand))
    if any(len(view.operands) != 1 or view.name not in REBUILT for view in views):
        return None
    buffer = buffer_of(operand)
    if _is_carried(buffer):  # copies that take turns: another in each step, under several names
        return None
    writes = written.get(buffer, ())
    op, calls = compute, 1
    while _is_steady_in(loop := op.parent.operation, buffer, writes):
        op, calls = loop, calls * trips(loop)
    since = _last_before(op, [buffer.owner.operation, *writes])
    return Steady(op.block, since, calls, tuple(map(_text, views)))


def executions(op: ir.Operation) -> int:
    """How often the loops around an op run it."""
    runs = 1
    while (op := op.parent.operation).name == "scf.for":
        runs *= trips(op)
    return runs


def _is_carried(buffer: ir.Value) -> bool:
    names_it = isinstance(buffer.owner, ir.Block) or buffer.owner.name == "scf.for"
    return names_it or any(op.name == "scf.for" for op in touches(buffer))


def _views(value: ir.Value) -> Iterator[ir.Operation]:
    while not isinstance(value.owner, ir.Block) and value.owner.name in ALIASES:
        yield value.owner
        value = value.owner.operands[0]


def _text(view: ir.Operation) -> str:
    attributes = (view.attributes[i].attr for i in range(len(view.attributes)))
    return " ".join(map(str, (view.name, *attributes, view.results[0].type)))


def _is_steady_in(loop: ir.Operation, buffer: ir.Value, writes: Sequence[ir.Operation]) -> bool:
    if loop.name != "scf.for":
        return False
    body = loop.regions[0].blocks[0]
    return not any(_around(op, body) for op in (buffer.owner.operation, *writes))


def _last_before(op: ir.Operation, others: Sequence[ir.Operation]) -> ir.Operation | None:
    """The last of the ops in the block of `op`, or with others inside, that come before it."""
    last: ir.Operation | None = None
    for other in others:
        around = _around(other, op.block)
        if around is None or not around.is_before_in_block(op):
            continue
        if last is None or last.is_before_in_block(around):
            last = around
    return last


def _around(op: ir.Operation, block: ir.Block) -> ir.Operation | None:
    """The op of `block` that `op` is, or is inside of."""
    while op.name != "func.func":
        if op.block == block:
            return op
        op = op.parent.operation
    return None


def trips(loop: ir.Operation) -> int:
    """1 if not known."""
    low, high, step = (constant(operand) for operand in list(loop.operands)[:3])
    if low is None or high is None or step is None:
        return 1
    return -(-(high - low) // step)
