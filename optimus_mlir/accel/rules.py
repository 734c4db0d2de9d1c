"""What a whole program must not do, as far as its text shows it; what steps do, the interpreter sees.

A program is a function that allocates scratchpad buffers. Each rule yields the ops that break it.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimus_mlir.accel.lifetimes import ALIASES, buffer_of, conflicting_allocations
from optimus_mlir.accel.order import order_violations
from optimus_mlir.accel.ranges import positions
from optimus_mlir.mlir import ir

Violation = tuple[ir.Operation, str]

DMA_AND_COMPUTE = frozenset({"accel.load", "accel.store", "accel.move", "accel.compute"})


def violations(program: ir.Operation) -> Iterator[Violation]:
    yield from _overlaps(program)
    for op in _ops(program):
        if op.name == "memref.subview":
            yield from _outside(op)
        elif op.name == "scf.yield":
            yield from _escapes(op)
        elif _computes(op):
            yield op, "only accel.compute may read and write buffers, and DMA may move them"
    yield from order_violations(program)


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
    buffers = [v for v in (*op.operands, *op.results) if isinstance(v.type, ir.MemRefType)]
    if op.name == "scf.for":  # a loop may carry scratchpad buffers, which can be followed
        return any(ir.MemRefType(v.type).memory_space is None for v in buffers)
    return bool(buffers)


def _escapes(yields: ir.Operation) -> Iterator[Violation]:
    """A buffer is live in the block that it is allocated in, and not beyond."""
    for value in yields.operands:
        owner = buffer_of(value).owner
        if isinstance(owner, ir.Block) or owner.name != "accel.alloc":
            continue
        if owner.operation.block == yields.block:
            yield yields, "passes on a buffer of this step: allocate it before the loop"


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
