"""The room of double buffering: second copies that take turns, and spare room behind a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import addresses
from optimus_mlir.accel.sections import allocation_of
from optimus_mlir.analysis import annotations
from optimus_mlir.mlir import ir, memref

Key = tuple[int, int, str]  # address, bytes and type: what allocations of one buffer have in common


@dataclass(frozen=True)
class Turns:
    """A buffer that DMA works with: the copy in use, and where the next contents go."""

    current: ir.Value
    other: ir.Value

    @property
    def turned(self) -> Turns:
        return Turns(self.other, self.current)


def placed(allocation: ir.Operation, loads: Sequence[ir.Operation]) -> Turns:
    """The copies of a buffer, or its spare room; `loads` are all that fill it."""
    offset, end = addresses(allocation)
    if has_spare(allocation):
        spare = spare_bytes(allocation)
        kind = _spare_type(allocation, [load for load in loads if arrives(load)])
        room = accel.AllocOp(annotations.integer(end - spare), annotations.integer(spare), kind)
        return Turns(room.buffer, room.buffer)
    own = (end - offset) // (2 if takes_turns(allocation) else 1)
    current = alloc(allocation, offset, own)
    other = alloc(allocation, offset + own, own) if takes_turns(allocation) else current
    return Turns(current, other)


def window(allocation: ir.Operation) -> ir.Value:
    """A buffer without its spare room."""
    offset, end = addresses(allocation)
    return alloc(allocation, offset, end - offset - spare_bytes(allocation))


def alloc(allocation: ir.Operation, offset: int, length: int) -> ir.Value:
    kind = allocation.results[0].type
    return accel.AllocOp(annotations.integer(offset), annotations.integer(length), kind).buffer


def key_of(allocation: ir.Operation) -> Key:
    return *addresses(allocation), str(allocation.results[0].type)


def takes_turns(allocation: ir.Operation) -> bool:
    return annotations.COPIES in allocation.attributes


def has_spare(allocation: ir.Operation) -> bool:
    return annotations.SPARE in allocation.attributes


def spare_bytes(allocation: ir.Operation) -> int:
    if not has_spare(allocation):
        return 0
    return ir.IntegerAttr(allocation.attributes[annotations.SPARE]).value


def target_of(op: ir.Operation) -> ir.Operation:
    """The buffer that a load fills, or a move."""
    return allocation_of(op.operands[1])


def arrives(load: ir.Operation) -> bool:
    """Whether it comes to the spare room first: not what fills a window that is empty so far."""
    allocation = target_of(load)
    offset, end = addresses(allocation)
    own = end - offset - spare_bytes(allocation)
    boxes, buffer = accel.box_elements(load.operands[1]), accel.box_elements(allocation.results[0])
    return has_spare(allocation) and boxes * own <= spare_bytes(allocation) * buffer


def front(spare: ir.Value, box: ir.Value) -> ir.Value:
    """The first elements of the spare room, in the shape of a box."""
    kind, shape = ir.MemRefType(spare.type), list(box.type.shape)
    if shape == list(kind.shape):
        return spare
    strides, _ = kind.get_strides_and_offset()
    layout = ir.StridedLayoutAttr.get(0, strides)
    part = ir.MemRefType.get(shape, kind.element_type, layout, kind.memory_space)
    zeros, ones = [0] * len(shape), [1] * len(shape)
    return memref.SubViewOp(part, spare, [], [], [], zeros, shape, ones).result


def _spare_type(allocation: ir.Operation, loads: Sequence[ir.Operation]) -> ir.Type:
    """Room for the longest box in each direction."""
    shapes = (load.operands[1].type.shape for load in loads)
    shape = [max(lengths) for lengths in zip(*shapes, strict=True)]
    kind = ir.MemRefType(allocation.results[0].type)
    return ir.MemRefType.get(shape, kind.element_type, None, kind.memory_space)
