"""Whether an instruction looks at what a buffer held before, or only writes it."""

from __future__ import annotations

from collections.abc import Iterator

from optimus_mlir.accel.lifetimes import buffer_of, function_of, touches
from optimus_mlir.mlir import ir, linalg


def reads_first(op: ir.Operation, buffer: ir.Value) -> bool:
    if op.name in ("accel.store", "accel.move"):
        return buffer_of(op.operands[0]) == buffer
    if op.name != "accel.compute":
        return False
    operations = op.regions[0].blocks[0].operations
    call = operations[len(operations) - 2].operation
    numbers = [i for i, v in enumerate(call.operands) if buffer_of(v) == buffer]
    kernel = _callee(call)
    return kernel is not None and _kernel_reads(kernel, numbers)


def _callee(call: ir.Operation) -> ir.Operation | None:
    """The function that is called; None if its body is not here."""
    module = function_of(call).parent
    name = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
    for op in module.operation.regions[0].blocks[0].operations if module else ():
        if op.operation.name == "func.func" and op.sym_name.value == name:
            return op.operation if op.operation.regions[0].blocks else None
    return None


def _kernel_reads(kernel: ir.Operation, numbers: list[int]) -> bool:
    """Whether the first op of a kernel that touches these arguments looks at what was there.

    They are parts of one buffer: what one op writes as a whole, the next may read in part.
    """
    arguments = [kernel.regions[0].blocks[0].arguments[number] for number in numbers]
    users = {op for argument in arguments for op in touches(argument)}
    first = next((op for op in _ops(kernel) if op in users), None)
    if first is None:
        return False
    operands = [i for i, v in enumerate(first.operands) if buffer_of(v) in arguments]
    return any(_looks_at(first, i) for i in operands)


def _looks_at(op: ir.Operation, number: int) -> bool:
    """Whether an op reads this operand, and does not only write it."""
    if linalg.get_indexing_maps(op) is not None:
        return any(True for _ in op.regions[0].blocks[0].arguments[number].uses)
    return op.name != "memref.store" and (op.name != "memref.copy" or number == 0)


def _ops(op: ir.Operation) -> Iterator[ir.Operation]:
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                yield view.operation
                yield from _ops(view.operation)
