# pyright: reportGeneralTypeIssues=false, reportCallIssue=false
# (the keywords of `ext` classes are their metaclass's affair, which has no stubs)
"""The accel dialect: what the emulated accelerator can do, after bufferization.

Memory space 0 is DRAM, space 1 the scratchpad. A group function allocates scratchpad buffers at
fixed offsets, moves boxes between the two, and computes on the scratchpad alone.
"""

import math
from collections.abc import Sequence

from optimus_mlir.accel.lifetimes import ALIASES, function_of, is_first_allocation
from optimus_mlir.accel.rules import violations
from optimus_mlir.analysis.annotations import ACCELERATOR, WIDTH
from optimus_mlir.mlir import ext, func, ir, load_once, memref

SCRATCHPAD = 1
CYCLES = "cycles"
SEGMENTS = "resultSegmentSizes"


class Accel(ext.Dialect, name="accel"):
    """Instructions of the emulated accelerator."""


class EndOp(Accel.Operation, name="end", traits=[ir.IsTerminatorTrait]):
    """The end of a launch or of a compute."""


class LaunchOp(Accel.Operation, name="launch"):
    """Hand the accelerator a program: the call in `body`, on buffers in DRAM. The host waits.

    A region and not operands, since operands of one variadic must share one type.
    """

    body: ext.Region

    def verify_invariants(self) -> bool:
        if not _is_one_call(self):
            return False
        return all(_in_dram(self, value) for value in call_in(self.operation).operands)


class AllocOp(Accel.Operation, name="alloc"):
    """A scratchpad buffer of `bytes` (accelerator's element width) from address `offset` on.

    It is live from the first to the last op of its block that touches it, loops included.
    """

    offset: ir.IntegerAttr
    bytes: ir.IntegerAttr
    buffer: ext.Result[ir.MemRefType]

    def verify_invariants(self) -> bool:
        if not _in_scratchpad(self, self.buffer):
            return False
        begin, end = self.offset.value, self.offset.value + self.bytes.value
        capacity = _accelerator_field(self.operation, "scratchpad_bytes")
        if begin < 0:
            return _reject(self, f"begins at {begin}, before the scratchpad")
        if capacity is not None and end > capacity:
            return _reject(self, f"bytes {begin} to {end} are outside the scratchpad of {capacity}")
        if self.bytes.value * 8 < (bits := _bits(self.operation, self.buffer)):
            return _reject(self, f"has {self.bytes.value} bytes for {bits} bits of elements")
        if is_first_allocation(self.operation):  # checks the whole program at once
            return _check_program(self.operation)
        return True


class TokenType(Accel.Type, name="token"):
    """A transfer that was started: it has happened once the token has been waited for."""


class LoadOp(Accel.Operation, name="load"):
    """DMA: copy a box from DRAM to the scratchpad; with a token, only start to.

    With an attribute `element_bytes` where an element has another width than the accelerator's:
    partial sums.
    """

    source: ext.Operand[ir.MemRefType]
    target: ext.Operand[ir.MemRefType]
    token: ext.Result[TokenType] | None = None

    def verify_invariants(self) -> bool:
        return (
            _in_dram(self, self.source)
            and _in_scratchpad(self, self.target)
            and _same_box(self, self.source, self.target)
        )


class StoreOp(Accel.Operation, name="store"):
    """DMA: copy a box from the scratchpad to DRAM; with a token, only start to. See `LoadOp`."""

    source: ext.Operand[ir.MemRefType]
    target: ext.Operand[ir.MemRefType]
    token: ext.Result[TokenType] | None = None

    def verify_invariants(self) -> bool:
        return (
            _in_scratchpad(self, self.source)
            and _in_dram(self, self.target)
            and _same_box(self, self.source, self.target)
        )


class DoneOp(Accel.Operation, name="done"):
    """The token of a transfer that has happened already."""

    token: ext.Result[TokenType]


class WaitOp(Accel.Operation, name="wait"):
    """Go on when a transfer has happened, and so all that were started before it."""

    token: ext.Operand[TokenType]


class MoveOp(Accel.Operation, name="move"):
    """Copy a box within the scratchpad, as if through a temporary: a window's halo moves up."""

    source: ext.Operand[ir.MemRefType]
    target: ext.Operand[ir.MemRefType]

    def verify_invariants(self) -> bool:
        return (
            _in_scratchpad(self, self.source)
            and _in_scratchpad(self, self.target)
            and _same_box(self, self.source, self.target)
        )


class ComputeOp(Accel.Operation, name="compute"):
    """Run the kernel that `body` calls on scratchpad buffers: feed, accumulate, drain the array.

    With an attribute `cycles`: how long the array takes, which only its description can say.
    """

    body: ext.Region

    def verify_invariants(self) -> bool:
        if not _is_one_call(self):
            return False
        return all(_in_scratchpad(self, value) for value in call_in(self.operation).operands)


def copying(
    op_class: type,
    source: ir.Value,
    target: ir.Value,
    *,
    element_bytes: ir.Attribute | None = None,
    with_token: bool = False,
) -> ir.Operation:
    """A load, store or move between two boxes."""
    token = {"token": TokenType.get()} if with_token else {}
    op = op_class(source, target, **token).operation
    if element_bytes is not None:
        op.attributes[WIDTH] = element_bytes
    if SEGMENTS in op.attributes:  # there is one result or none: nothing to segment
        del op.attributes[SEGMENTS]
    return op


def calling(
    op_class: type, callee: str, arguments: Sequence[ir.Value], types: Sequence[ir.Type]
) -> ir.OpView:
    """A launch or a compute that calls `callee`, whose parameters have `types`."""
    op = op_class()
    with ir.InsertionPoint(op.body.blocks.append()):
        pairs = zip(arguments, types, strict=True)
        func.CallOp([], callee, [v if v.type == t else memref.cast(t, v) for v, t in pairs])
        EndOp()
    return op


def dram_bytes(transfer: ir.Operation, accelerator_bytes: int) -> int:
    """What a load or a store moves, whatever type the program computes in."""
    width = width_of(transfer)
    own = accelerator_bytes if width is None else ir.IntegerAttr(width).value
    return box_elements(transfer.operands[0]) * own


def width_of(transfer: ir.Operation) -> ir.Attribute | None:
    """The bytes of an element where they are not the accelerator's."""
    return transfer.attributes.get(WIDTH)


def cycles_of(compute: ir.Operation) -> int:
    """How long the array takes for it; 0 where the program does not say."""
    if CYCLES not in compute.attributes:
        return 0
    return ir.IntegerAttr(compute.attributes[CYCLES]).value


def call_in(op: ir.Operation) -> ir.Operation:
    """The call that a launch or a compute makes."""
    operations = op.regions[0].blocks[0].operations
    return operations[len(operations) - 2].operation


def callee_of(op: ir.Operation) -> str:
    """The name of the function that a launch or a compute calls."""
    return ir.FlatSymbolRefAttr(call_in(op).attributes["callee"]).value


def load() -> None:
    """Load the dialect into the current context."""
    load_once(Accel)


def memory_space(value: ir.Value) -> int:
    space = ir.MemRefType(value.type).memory_space
    return 0 if space is None else ir.IntegerAttr(space).value


def _reject(op: ir.OpView, message: str) -> bool:
    op.location.emit_error(f"'{op.OPERATION_NAME}' op {message}")
    return False


def _is_one_call(op: ir.OpView) -> bool:
    """Views of buffers may come before the call, nothing else."""
    blocks = op.operation.regions[0].blocks
    names = [inner.operation.name for inner in blocks[0].operations] if len(blocks) == 1 else []
    if names[-2:] == ["func.call", "accel.end"] and ALIASES.issuperset(names[:-2]):
        return True
    return _reject(op, "wants one block with one func.call, then accel.end")


def _in_dram(op: ir.OpView, value: ir.Value) -> bool:
    if memory_space(value) == 0:
        return True
    return _reject(op, f"wants a buffer in DRAM (memory space 0), got {value.type}")


def _in_scratchpad(op: ir.OpView, value: ir.Value) -> bool:
    if memory_space(value) == SCRATCHPAD:
        return True
    return _reject(op, f"wants a scratchpad buffer (memory space 1), got {value.type}")


def _same_box(op: ir.OpView, source: ir.Value, target: ir.Value) -> bool:
    a, b = ir.MemRefType(source.type), ir.MemRefType(target.type)
    if list(a.shape) == list(b.shape) and a.element_type == b.element_type:
        return True
    return _reject(op, f"copies between boxes of different shape: {a} and {b}")


def _check_program(allocation: ir.Operation) -> bool:
    """The first of its rules that the program around breaks, reported where it does."""
    for op, message in violations(function_of(allocation)):
        op.location.emit_error(f"'{op.name}' op {message}")
        return False
    return True


def _accelerator_field(op: ir.Operation, name: str) -> int | None:
    """A number of the accelerator that the module around names."""
    while ACCELERATOR not in op.attributes:
        if op.parent is None:
            return None
        op = op.parent.operation
    fields = ir.DictAttr(op.attributes[ACCELERATOR])
    return ir.IntegerAttr(fields[name]).value if name in fields else None


def _bits(op: ir.Operation, buffer: ir.Value) -> int:
    """What a buffer's elements take in the accelerator's element width; 0 if that is not known."""
    return box_elements(buffer) * (_accelerator_field(op, "element_bits") or 0)


def box_elements(value: ir.Value) -> int:
    return math.prod(ir.MemRefType(value.type).shape)
