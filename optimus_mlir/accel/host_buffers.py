"""Buffers between launches: places in one piece of memory that the emulator brings along.

Taken from the heap they would be new pages for the operating system to clear, in every run.
"""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.accel.lifetimes import Span, allocations_in, spans
from optimus_mlir.accel.workspaces import allocated_bytes
from optimus_mlir.mlir import arith, ir, memref


@dataclass(frozen=True)
class Place:
    """Bytes [offset, offset + length) of the host's memory, while the span lasts."""

    offset: int
    length: int
    span: Span

    @property
    def end(self) -> int:
        return self.offset + self.length


def host_bytes(function: ir.Operation) -> int:
    """How much memory the buffers that a function of the host allocates take together."""
    return max((place.end for place in _places(function).values()), default=0)


def use_host_memory(function: ir.Operation, memory: ir.Value) -> None:
    """Replace every allocation by its place in `memory`."""
    for op, place in _places(function).items():
        with ir.InsertionPoint(op), op.location:
            offset = arith.ConstantOp(ir.IndexType.get(), place.offset).result
            view = memref.ViewOp(op.results[0].type, memory, offset, []).result
        op.results[0].replace_all_uses_with(view)
        op.erase()


def _places(function: ir.Operation) -> dict[ir.Operation, Place]:
    """The largest buffer first, each at the lowest offset that is free while it is live."""
    allocations = allocations_in(function, "memref.alloc")
    pairs = zip(allocations, spans(function, allocations), strict=True)
    found: dict[ir.Operation, Place] = {}
    for op, span in sorted(pairs, key=lambda pair: -allocated_bytes(pair[0])):
        length, offset = allocated_bytes(op), 0
        meanwhile = (place for place in found.values() if place.span.overlaps(span))
        for other in sorted(meanwhile, key=lambda place: place.offset):
            if offset + length > other.offset:
                offset = max(offset, other.end)
        found[op] = Place(offset, length, span)
    return found
