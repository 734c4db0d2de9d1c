"""What the buffers of a kernel are made of, and which of its arguments it writes to."""

from __future__ import annotations

from collections.abc import Callable

from optimus_mlir.codegen.linalg_nests import VIEWS, linalg_ops, viewed
from optimus_mlir.mlir import ir

Origin = Callable[[ir.Value], "int | None"]
"""The number of the one argument that a value is, is a view of, or is made from; None: there is none."""


def made_of(kernel: ir.Operation) -> Origin:
    """A temporary is made from an argument if all its writers read nothing else, and write it first.

    What a loop inside the kernel writes may differ from step to step: it is made of more.
    """
    entry = kernel.regions[0].blocks[0]
    sources: dict[ir.Value, set[int | None]] = {}
    read: set[ir.Value] = set()

    def origins(value: ir.Value) -> set[int | None]:
        buffer = viewed(value)
        if isinstance(buffer, ir.BlockArgument):
            return {buffer.arg_number}
        return sources.get(buffer, {None})

    for op in linalg_ops(kernel):
        *inputs, target = (v for v in op.operands if isinstance(v.type, ir.MemRefType))
        buffer = viewed(target)
        known = sources.setdefault(buffer, set())
        for value in inputs:
            known |= origins(value)
            read.add(viewed(value))
        if buffer in read or _reads_result(op) or op.block != entry:
            known.add(None)

    def origin(value: ir.Value) -> int | None:
        found = origins(value) if isinstance(value.type, ir.MemRefType) else {None}
        return next(iter(found)) if len(found) == 1 else None

    return origin


def results_of(kernel: ir.Operation) -> frozenset[int]:
    """The numbers of the arguments that a kernel writes to, as far as it may."""
    entry = kernel.regions[0].blocks[0]
    found: set[int] = set()

    def visit(op: ir.Operation) -> ir.WalkResult:
        for number, value in enumerate(op.operands):
            buffer = viewed(value)
            if buffer.owner == entry and not _only_reads(op, number):
                found.add(ir.BlockArgument(buffer).arg_number)
        return ir.WalkResult.ADVANCE

    kernel.walk(visit)
    return frozenset(found)


def _only_reads(op: ir.Operation, operand: int) -> bool:
    if op.name in VIEWS:
        return True
    segments = "operandSegmentSizes"
    if not op.name.startswith("linalg.") or segments not in op.attributes:
        return False
    inputs, *_ = ir.DenseI32ArrayAttr(op.attributes[segments])
    return operand < inputs


def _reads_result(op: ir.Operation) -> bool:
    arguments = op.regions[0].blocks[0].arguments
    return bool(list(arguments[len(arguments) - 1].uses))
