"""The accelerator: what each op of the accel dialect does, and what it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from optimus_mlir.accel import dialect as accel
from optimus_mlir.analysis import annotations
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir
from optimus_mlir.runtime.interpreter.control import Sequencer
from optimus_mlir.runtime.interpreter.events import Event, Kind
from optimus_mlir.runtime.interpreter.memory import UNTOUCHED, Box, copy, element_dtype, spoil
from optimus_mlir.runtime.interpreter.nests import Values
from optimus_mlir.target import Accelerator

Listener = Callable[[Event], None]


class Machine:
    """An accelerator with a host: memory, counters, and the meaning of its instructions.

    The scratchpad is one array of bytes, `scale` of them for each byte of the accelerator, since
    numbers keep the type that they have in the program, which may be wider than its elements.
    With `computes=False` no number is touched: addresses, boxes and counts are the same.
    """

    def __init__(
        self,
        sequencer: Sequencer,
        accelerator: Accelerator,
        listener: Listener | None = None,
        *,
        computes: bool = True,
    ) -> None:
        self.sequencer, self.listener, self.computes = sequencer, listener, computes
        self.element_bytes = accelerator.element_bytes
        self.scale = _scale(sequencer, self.element_bytes)
        self.scratchpad = np.empty(accelerator.scratchpad_bytes * self.scale, np.uint8)
        self.moved: list[Counter[int]] = []  # of each launch: DRAM bytes by argument
        self.peaks: list[int] = []
        self.buffers = 0  # allocated so far
        self.started = 0  # transfers with a token so far
        self.under_way: list[tuple[Box, Box]] = []  # the last of those that were started
        sequencer.operations |= {
            "accel.launch": self.launch,
            "accel.alloc": self.alloc,
            "accel.load": self.load,
            "accel.store": self.store,
            "accel.wait": self.wait,
            "accel.done": self.done,
            "accel.move": self.move,
            "accel.compute": self.compute,
        }

    def launch(self, op: ir.Operation, values: Values) -> None:
        """Run a program to its end, on a scratchpad that holds nothing."""
        call = accel.call_in(op)
        arguments = [values[operand] for operand in call.operands]
        self.begin(_callee(call))
        boxes = [Box(box.elements, number) for number, box in enumerate(arguments)]
        self.sequencer.call(_callee(call), boxes)
        if self.under_way:
            left = len(self.under_way)
            raise PassFailure(op.location, f"the program ends with {left} transfers under way")

    def begin(self, program: str) -> None:
        self.scratchpad[...] = UNTOUCHED
        self.moved.append(Counter())
        self.peaks.append(0)
        self._tell("launch", program)

    def alloc(self, op: ir.Operation, values: Values) -> None:
        """Name the bytes from `offset` on; they hold what was there."""
        offset, length = (ir.IntegerAttr(op.attributes[n]).value for n in ("offset", "bytes"))
        kind = op.results[0].type
        dtype, begin = element_dtype(kind.element_type), offset * self.scale
        needed = math.prod(kind.shape) * dtype.itemsize
        if offset < 0 or begin + needed > len(self.scratchpad) or needed > length * self.scale:
            raise PassFailure(op.location, f"{kind} does not fit in {length} bytes at {offset}")
        elements = self.scratchpad[begin : begin + needed].view(dtype).reshape(kind.shape)
        values[op.results[0]] = Box(elements, buffer=self.buffers)
        self.peaks[-1] = max(self.peaks[-1], offset + length)
        self._tell("alloc", str(kind), values[op.results[0]], bytes=length, offset=offset)
        self.buffers += 1

    def load(self, op: ir.Operation, values: Values) -> None:
        """DMA from DRAM to the scratchpad."""
        self._transfer("load", op, values[op.operands[0]], values)

    def store(self, op: ir.Operation, values: Values) -> None:
        """DMA from the scratchpad to DRAM."""
        self._transfer("store", op, values[op.operands[1]], values)

    def done(self, op: ir.Operation, values: Values) -> None:
        """The token of a transfer before the first."""
        values[op.results[0]] = 0

    def wait(self, op: ir.Operation, values: Values) -> None:
        """All transfers up to this one happen now, with what their sources hold by now."""
        number = values[op.operands[0]]
        count = max(0, len(self.under_way) - (self.started - number))
        happening, self.under_way = self.under_way[:count], self.under_way[count:]
        for source, target in happening:
            self._copy(source, target)
        boxes = [box for pair in happening for box in pair]
        self._tell("wait", "wait", *boxes, transfer=number or None)

    def _copy_or_start(self, op: ir.Operation, values: Values) -> int | None:
        """The number of a transfer that is under way, whose target nobody could rely on."""
        source, target = (values[operand] for operand in op.operands)
        if not len(op.results):
            self._copy(source, target)
            return None
        if self.computes:
            spoil(target)
        self.started += 1
        self.under_way.append((source, target))
        values[op.results[0]] = self.started
        return self.started

    def move(self, op: ir.Operation, values: Values) -> None:
        """Copy within the scratchpad."""
        source, target = (values[operand] for operand in op.operands)
        self._copy(source, target)
        moved = source.elements.size * self.element_bytes
        self._tell("move", "move", source, target, bytes=moved)

    def compute(self, op: ir.Operation, values: Values) -> None:
        """Run a kernel: the call at the end of the region, on what the ops before it make."""
        call = accel.call_in(op)
        *before, _, _ = op.regions[0].blocks[0].operations
        for view in before:
            self.sequencer.step(view.operation, values)
        if self.computes:
            self.sequencer.step(call, values)
        if self.listener:
            touched = [values[operand] for operand in call.operands]
            what = {"macs": self._macs(_callee(call)), "cycles": accel.cycles_of(op)}
            self._tell("compute", _callee(call), *touched, **what)

    def _transfer(self, kind: Kind, op: ir.Operation, dram: Box, values: Values) -> None:
        assert dram.argument is not None, "only a program's arguments are in DRAM"
        number = self._copy_or_start(op, values)
        source, target = (values[operand] for operand in op.operands)
        length = accel.dram_bytes(op, self.element_bytes)
        self.moved[-1][dram.argument] += length
        name = f"{kind} argument {dram.argument}"
        what = {"bytes": length, "argument": dram.argument, "transfer": number}
        self._tell(kind, name, source, target, **what)

    def _copy(self, source: Box, target: Box) -> None:
        if self.computes:
            copy(source, target)

    def _macs(self, kernel: str) -> int:
        block = self.sequencer.functions[kernel].regions[0].blocks[0]
        nests = (self.sequencer.nest(op.operation) for op in block.operations if _is_linalg(op))
        return sum(nest.macs for nest in nests if nest is not None)

    def _tell(self, kind: Kind, name: str, *boxes: Box, **what: Any) -> None:
        if self.listener:
            buffers = tuple(dict.fromkeys(b.buffer for b in boxes if b.buffer is not None))
            self.listener(Event(kind, len(self.moved) - 1, name, buffers=buffers, **what))


def _scale(sequencer: Sequencer, element_bytes: int) -> int:
    """Bytes of the scratchpad per byte of the accelerator, for the widest elements in it."""
    widths = [element_bytes]

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "accel.alloc":
            widths.append(element_dtype(op.results[0].type.element_type).itemsize)
        return ir.WalkResult.ADVANCE

    sequencer.module.operation.walk(visit)
    return -(-max(widths) // element_bytes)


def accelerator_of(module: ir.Module) -> Accelerator:
    return annotations.read_accelerator(module.operation)


def _is_linalg(op: ir.OpView) -> bool:
    return op.operation.name.startswith("linalg.")


def _callee(call: ir.Operation) -> str:
    return ir.FlatSymbolRefAttr(call.attributes["callee"]).value
