"""The order of things in a program: written before it is read, left alone while it is under way.

The program is followed as the sequencer runs it, without data: a loop until it stands where it stood
before, with the same transfers under way and the same buffers in its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from optimus_mlir.accel.first_reads import reads_first
from optimus_mlir.accel.lifetimes import addresses, buffer_of
from optimus_mlir.accel.ranges import constant
from optimus_mlir.mlir import ir

Violation = tuple[ir.Operation, str]
INSTRUCTIONS = frozenset({"accel.load", "accel.store", "accel.move", "accel.compute"})


@dataclass(frozen=True)
class Transfer:
    """A load or a store under way to or from the buffer that `allocation` names."""

    op: ir.Operation
    allocation: ir.Operation

    def meets(self, op: ir.Operation, allocation: ir.Operation) -> bool:
        """Whether an op must not touch a buffer meanwhile. Two loads may fill parts of one."""
        if self.op.name == op.name == "accel.load" and self.allocation == allocation:
            return False
        (begin, end), (other, its_end) = addresses(self.allocation), addresses(allocation)
        return begin < its_end and other < end


def order_violations(program: ir.Operation) -> Iterator[Violation]:
    walk = _Walk()
    walk.block(program.regions[0].blocks[0])
    for transfer in walk.queue:
        walk.say(transfer.op, "is under way when the program ends: wait for it")
    yield from walk.found.items()


class _Walk:
    """`values` says which accel.alloc a buffer is, and the number of which transfer a token is.

    Transfers are numbered as they start; `queue` has those under way, up to number `started`.
    """

    def __init__(self) -> None:
        self.values: dict[ir.Value, ir.Operation | int] = {}
        self.queue: list[Transfer] = []
        self.started = 0
        self.written: set[ir.Operation] = set()
        self.found: dict[ir.Operation, str] = {}

    def say(self, op: ir.Operation, message: str) -> None:
        self.found.setdefault(op, message)

    def block(self, block: ir.Block) -> list[ir.Operation | int | None]:
        """What the block yields, of what is followed."""
        for view in block.operations:
            op = view.operation
            if op.name == "scf.yield":
                return [self.values.get(operand) for operand in op.operands]
            self._step(op)
        return []

    def _step(self, op: ir.Operation) -> None:
        if op.name == "scf.for":
            self._loop(op)
        elif op.name == "accel.alloc":
            self.values[op.results[0]] = op
            self.written.discard(op)
        elif op.name == "accel.done":
            self.values[op.results[0]] = 0
        elif op.name == "accel.wait":
            self._wait(op)
        elif op.name in INSTRUCTIONS:
            self._instruction(op)
        else:
            for region in op.regions if not op.name.startswith("accel.") else ():
                for block in region.blocks:
                    self.block(block)

    def _wait(self, op: ir.Operation) -> None:
        number = self.values.get(op.operands[0])
        if not isinstance(number, int):
            self.say(op, "waits for a token that is not a transfer's: only loops may pass it on")
            return
        done = len(self.queue) - (self.started - number)
        del self.queue[: max(0, done)]

    def _instruction(self, op: ir.Operation) -> None:
        buffers = list(dict.fromkeys(filter(self.values.__contains__, _buffers(op))))
        for buffer in buffers:
            allocation = self.values[buffer]
            assert isinstance(allocation, ir.Operation)
            self._touch(op, buffer, allocation)
        if op.name in ("accel.load", "accel.store") and len(op.results):
            self.started += 1
            self.values[op.results[0]] = self.started
            (allocation,) = (self.values[buffer] for buffer in buffers)
            assert isinstance(allocation, ir.Operation)
            self.queue.append(Transfer(op, allocation))

    def _touch(self, op: ir.Operation, buffer: ir.Value, allocation: ir.Operation) -> None:
        for transfer in self.queue:
            if transfer.meets(op, allocation):
                name = transfer.op.name
                self.say(op, f"touches a buffer while an {name} of it has not been waited for")
        if allocation not in self.written and reads_first(op, buffer):
            begin, _ = addresses(allocation)
            self.say(op, f"reads the buffer at {begin}, which nothing has written")
        self.written.add(allocation)

    def _loop(self, op: ir.Operation) -> None:
        """As many steps as it takes to stand where it stood, and then those of the last round."""
        block = op.regions[0].blocks[0]
        carried = [self.values.get(operand) for operand in list(op.operands)[3:]]
        left, seen = _trips(op), dict[object, int]()
        while left:
            if (state := self._state(carried)) in seen:
                left %= seen[state] - left
                seen = {}
                if not left:
                    break
            seen[state] = left
            self._bind(list(block.arguments)[1:], carried)
            carried = self.block(block)
            left -= 1
        self._bind(list(op.results), carried)

    def _bind(
        self, values: Sequence[ir.Value], carried: Sequence[ir.Operation | int | None]
    ) -> None:
        self.values |= {v: c for v, c in zip(values, carried, strict=True) if c is not None}

    def _state(self, carried: Sequence[ir.Operation | int | None]) -> object:
        """Tokens count from the end of the queue; all that have been waited for are alike."""
        first = self.started - len(self.queue)
        alike = (max(c, first) - self.started if isinstance(c, int) else c for c in carried)
        return tuple(alike), tuple(self.queue), frozenset(self.written)


def _buffers(op: ir.Operation) -> Iterator[ir.Value]:
    operands = op.operands
    if op.name == "accel.compute":
        operations = op.regions[0].blocks[0].operations
        operands = operations[len(operations) - 2].operation.operands
    yield from (buffer_of(v) for v in operands if isinstance(v.type, ir.MemRefType))


def _trips(loop: ir.Operation) -> int:
    """More than any state lasts where it is not known."""
    low, high, step = (constant(operand) for operand in list(loop.operands)[:3])
    if low is None or high is None or step is None:
        return 2**62
    return max(0, -(-(high - low) // step))
