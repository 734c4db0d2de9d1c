"""What a whole program must not do, as far as its text shows it; what steps do, the interpreter sees.

A program is a function that allocates scratchpad buffers. Each rule yields the ops that break it.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimus_mlir.accel.lifetimes import (
    ALIASES,
    allocations_in,
    buffer_of,
    conflicting_allocations,
    function_of,
    instruction,
    touches,
)
from optimus_mlir.accel.ranges import positions
from optimus_mlir.accel.transfers_in_flight import in_flight_violations
from optimus_mlir.mlir import ir, linalg

Violation = tuple[ir.Operation, str]

DMA_AND_COMPUTE = frozenset({"accel.load", "accel.store", "accel.move", "accel.compute"})


def violations(program: ir.Operation) -> Iterator[Violation]:
    yield from _overlaps(program)
    for op in _ops(program):
        if op.name == "memref.subview":
            yield from _outside(op)
        elif _computes(op):
            yield op, "only accel.compute may read and write buffers, and DMA may move them"
    for allocation in allocations_in(program):
        yield from _uninitialised(allocation)
    yield from in_flight_violations(program)


def _overlaps(program: ir.Operation) -> Iterator[Violation]:
    pair = conflicting_allocations(program)
    if pair is not None:
        begin = ir.IntegerAttr(pair[1].attributes["offset"]).value
        yield pair[0], f"overlaps the buffer at {begin}, live at the same time"


def _ops(program: ir.Operation) -> Iterator[ir.Operation]:
    """All ops but those inside of accel ops."""
    for region in program.regions:
        for block in region.blocks:
            for view in block.operations:
                yield view.operation
                if not view.operation.name.startswith("accel."):
                    yield from _ops(view.operation)


def _computes(op: ir.Operation) -> bool:
    """Whether the op does something with buffers, or passes them on to where nobody follows them."""
    if op.name in DMA_AND_COMPUTE or op.name in ALIASES or op.name == "accel.alloc":
        return False
    return any(isinstance(v.type, ir.MemRefType) for v in (*op.operands, *op.results))


# Boxes --------------------------------------------------------------------------------------------


def _outside(subview: ir.Operation) -> Iterator[Violation]:
    """Axes in which a box leaves its buffer at some step."""
    shape = subview.operands[0].type.shape
    hole, dynamic = ir.ShapedType.get_dynamic_stride_or_offset(), iter(list(subview.operands)[1:])
    offsets = [
        positions(next(dynamic)) if n == hole else (n, n) for n in _static(subview, "offsets")
    ]
    sizes, strides = _static(subview, "sizes"), _static(subview, "strides")
    for axis, (ends, size, stride) in enumerate(zip(offsets, sizes, strides, strict=True)):
        if ends is None or hole in (size, stride):
            continue
        low, high = ends[0], ends[1] + (size - 1) * stride
        if low < 0 or high >= shape[axis]:
            yield (
                subview,
                f"reaches elements {low} to {high} of axis {axis}, which has {shape[axis]}",
            )


def _static(op: ir.Operation, name: str) -> list[int]:
    return list(ir.DenseI64ArrayAttr(op.attributes[f"static_{name}"]))


# Data ---------------------------------------------------------------------------------------------


def _uninitialised(allocation: ir.Operation) -> Iterator[Violation]:
    """The first op that touches a buffer, in the order of the text, must write it."""
    buffer = allocation.results[0]
    users = {instruction(op) for op in touches(buffer)}
    first = _first(function_of(allocation), users) if users else None
    if first is not None and _reads_first(first, buffer):
        begin = ir.IntegerAttr(allocation.attributes["offset"]).value
        yield first, f"reads the buffer at {begin}, which nothing has written"


def _first(function: ir.Operation, wanted: set[ir.Operation]) -> ir.Operation | None:
    return next((op for op in _ops(function) if op in wanted), None)


def _reads_first(op: ir.Operation, buffer: ir.Value) -> bool:
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
    first = _first(kernel, {op for argument in arguments for op in touches(argument)})
    if first is None:
        return False
    operands = [i for i, v in enumerate(first.operands) if buffer_of(v) in arguments]
    return any(_looks_at(first, i) for i in operands)


def _looks_at(op: ir.Operation, number: int) -> bool:
    """Whether an op reads this operand, and does not only write it."""
    if linalg.get_indexing_maps(op) is not None:
        return any(True for _ in op.regions[0].blocks[0].arguments[number].uses)
    return op.name != "memref.store" and (op.name != "memref.copy" or number == 0)
