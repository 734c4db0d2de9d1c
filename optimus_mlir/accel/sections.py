"""A program as its steps: sections of instructions, and loops around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import buffer_of
from optimus_mlir.accel.ranges import constant
from optimus_mlir.analysis import annotations
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir

ALLOCATION = accel.AllocOp.OPERATION_NAME


@dataclass(eq=False)
class Section:
    """Instructions in a row, and the buffers that begin with them."""

    allocations: list[ir.Operation] = field(default_factory=list[ir.Operation])
    ops: list[ir.Operation] = field(default_factory=list[ir.Operation])

    @property
    def loads(self) -> list[ir.Operation]:
        return [op for op in self.ops if op.name == accel.LoadOp.OPERATION_NAME]

    @property
    def stores(self) -> list[ir.Operation]:
        return [op for op in self.ops if op.name == accel.StoreOp.OPERATION_NAME]

    @cached_property
    def buffers(self) -> list[ir.Operation]:
        """The allocations that it touches."""
        return [op for op in dict.fromkeys(_touched(self.ops)) if op.name == ALLOCATION]

    @property
    def is_step(self) -> bool:
        """Whether it computes or stores: loads ahead of nothing else belong to what follows."""
        return bool(self.stores) or any(map(_takes_time, self.ops))


@dataclass(eq=False)
class Loop:
    """An scf.for of constant bounds."""

    op: ir.Operation
    body: list[Section | Loop]

    @property
    def counter(self) -> ir.Value:
        return self.op.regions[0].blocks[0].arguments[0]

    @property
    def counts(self) -> range:
        bounds = [constant(operand) for operand in list(self.op.operands)[:3]]
        low, high, stride = (bound for bound in bounds if bound is not None)
        return range(low, high, stride)


Unit = Section | Loop


def units_of(block: ir.Block) -> list[Unit]:
    """The sections and loops of a block; an instruction says to which section it belongs.

    A buffer begins with the instruction behind it.
    """
    units: list[Unit] = [Section()]
    allocations: list[ir.Operation] = []
    step: int | None = None
    for op in (view.operation for view in block.operations):
        if op.name == ALLOCATION:
            allocations.append(op)
        elif op.name == "scf.for":
            units += [Section(allocations), Loop(op, units_of(op.regions[0].blocks[0]))]
            allocations, step = [], None
        elif op.name.startswith("accel."):
            section = units[-1]
            if not isinstance(section, Section) or step != _step(op):
                units.append(section := Section())
            section.allocations += allocations
            section.ops.append(op)
            allocations, step = [], _step(op)
    return [u for u in units if isinstance(u, Loop) or u.allocations or u.ops]


def has_step(units: Sequence[Unit]) -> bool:
    return any(u.is_step if isinstance(u, Section) else has_step(u.body) for u in units)


def all_loads(units: Sequence[Unit]) -> Iterator[ir.Operation]:
    for unit in units:
        yield from unit.loads if isinstance(unit, Section) else all_loads(unit.body)


def first_loads(units: Sequence[Unit]) -> Iterator[ir.Operation]:
    """The loads of the first step."""
    for unit in units:
        if isinstance(unit, Loop):
            yield from first_loads(unit.body)
        else:
            yield from unit.loads
        if has_step([unit]):
            return


def last_stores(units: Sequence[Unit]) -> list[ir.Operation]:
    """The stores of the last step."""
    for unit in reversed(units):
        if has_step([unit]):
            return unit.stores if isinstance(unit, Section) else last_stores(unit.body)
    return []


def allocation_of(buffer: ir.Value) -> ir.Operation:
    """The accel.alloc that a view is a part of."""
    return buffer_of(buffer).owner.operation


def _touched(ops: Sequence[ir.Operation]) -> Iterator[ir.Operation]:
    for op in ops:
        computes = op.name == accel.ComputeOp.OPERATION_NAME
        for value in accel.call_in(op).operands if computes else op.operands:
            buffer = buffer_of(value)
            if not isinstance(buffer.owner, ir.Block):
                yield buffer.owner.operation


def _takes_time(op: ir.Operation) -> bool:
    return op.name == accel.ComputeOp.OPERATION_NAME and accel.cycles_of(op) > 0


def _step(op: ir.Operation) -> int:
    if annotations.STEP not in op.attributes:
        raise PassFailure(
            op.location,
            f"no {annotations.STEP} on it, which double buffering needs: "
            "run --optimus-tile-and-fuse for the same accelerator",
        )
    return ir.IntegerAttr(op.attributes[annotations.STEP]).value
