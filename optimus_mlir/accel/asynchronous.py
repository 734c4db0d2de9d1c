"""Transfers that are started where they stood, and waited for as late as the program allows.

Before                                  After
  accel.load %x -> %a                     %0 = accel.load %x -> %a
  accel.load %w -> %b                     %1 = accel.load %w -> %b
  accel.compute(%a, %b)                   accel.wait %0; accel.wait %1
                                          accel.compute(%a, %b)

Only within a block: what one step starts, it waits for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import addresses, buffer_of
from optimus_mlir.mlir import ir

TRANSFERS = (accel.LoadOp, accel.StoreOp)


@dataclass(frozen=True)
class Places:
    """What an op touches: bytes of the scratchpad, and arguments of the program in DRAM."""

    bytes: tuple[tuple[int, int], ...]
    dram: tuple[ir.Value, ...]

    def overlap(self, other: Places) -> bool:
        on_chip = any(a < d and c < b for a, b in self.bytes for c, d in other.bytes)
        return on_chip or any(value in other.dram for value in self.dram)


@dataclass(frozen=True)
class Started:
    """A transfer under way."""

    op: ir.Operation
    token: ir.Value
    places: Places


def make_asynchronous(program: ir.Operation) -> None:
    """Let every transfer of a program run beside what does not need it."""
    for region in program.regions:
        for block in region.blocks:
            _in_block(block)


def _in_block(block: ir.Block) -> None:
    pending: list[Started] = []
    for view in list(block.operations):
        op = view.operation
        places = _touched(op)
        for started in [s for s in pending if _must_wait(op, places, s)]:
            _wait(started, op)
            pending.remove(started)
        if isinstance(view, TRANSFERS):
            pending.append(_started(view, places))
        elif not op.name.startswith("accel."):
            make_asynchronous(op)
    for started in pending:
        last = block.operations[len(block.operations) - 1].operation
        _wait(started, last)


def _must_wait(op: ir.Operation, places: Places, started: Started) -> bool:
    """Two loads may be under way at once: each fills a part of its own."""
    both_load = op.name == started.op.name == accel.LoadOp.OPERATION_NAME
    return not both_load and places.overlap(started.places)


def _started(transfer: ir.OpView, places: Places) -> Started:
    with ir.InsertionPoint(transfer), transfer.location:
        width = accel.width_of(transfer.operation)
        op = accel.copying(type(transfer), *transfer.operands, element_bytes=width, with_token=True)
    transfer.operation.erase()
    return Started(op, op.results[0], places)


def _wait(started: Started, before: ir.Operation) -> None:
    with ir.InsertionPoint(before), started.op.location:
        accel.WaitOp(started.token)


def _touched(op: ir.Operation) -> Places:
    """By the op and all ops inside; an op that makes a view or a buffer touches nothing."""
    buffers = list(dict.fromkeys(_buffers(op)))
    allocated = [v for v in buffers if accel.memory_space(v) == accel.SCRATCHPAD]
    on_chip = tuple(addresses(value.owner) for value in allocated)
    return Places(on_chip, tuple(v for v in buffers if v not in allocated))


def _buffers(op: ir.Operation) -> Iterator[ir.Value]:
    if op.name.startswith("accel."):
        yield from (buffer_of(v) for v in op.operands if isinstance(v.type, ir.MemRefType))
    for region in op.regions:
        for block in region.blocks:
            for inner in block.operations:
                yield from _buffers(inner.operation)
    if op.name == "func.call":
        yield from (buffer_of(v) for v in op.operands if isinstance(v.type, ir.MemRefType))
