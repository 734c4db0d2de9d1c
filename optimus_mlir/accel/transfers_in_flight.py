"""A buffer is not touched between the start of a transfer and the wait for it."""

from __future__ import annotations

from collections.abc import Iterator

from optimus_mlir.accel.lifetimes import allocations_in, buffer_of, instruction, touches
from optimus_mlir.mlir import ir

Violation = tuple[ir.Operation, str]


def in_flight_violations(program: ir.Operation) -> Iterator[Violation]:
    for name, scratchpad in (("accel.load", 1), ("accel.store", 0)):
        for op in allocations_in(program, name):
            if len(op.results):
                yield from _violations(op, buffer_of(op.operands[scratchpad]))


def _violations(transfer: ir.Operation, buffer: ir.Value) -> Iterator[Violation]:
    waits = [use.owner.operation for use in transfer.results[0].uses]
    if len(waits) != 1 or waits[0].block != transfer.block:
        yield transfer, "wants one accel.wait for its token, in the same block"
        return
    place = {op.operation: n for n, op in enumerate(transfer.block.operations)}
    for op in touches(buffer):
        around = _ancestor(op, place)
        both_load = op.name == transfer.name == "accel.load"
        if around is None or both_load or op in (transfer, waits[0]):
            continue
        if place[transfer] < place[around] < place[waits[0]]:
            yield (
                instruction(op),
                f"touches a buffer while an {transfer.name} of it has not been waited for",
            )


def _ancestor(op: ir.Operation, place: dict[ir.Operation, int]) -> ir.Operation | None:
    """The op of the transfer's block that `op` is, or is inside of."""
    while op not in place:
        if op.parent is None or op.name == "func.func":
            return None
        op = op.parent.operation
    return op
