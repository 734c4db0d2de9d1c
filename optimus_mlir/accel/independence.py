"""Whether the steps of a loop may run at once: none reads or overwrites what another one writes.

What a step allocates is its own. Elsewhere the steps must keep apart: in every buffer that the loop
writes to there is an axis in which each step has a part of its own, for all it reads and writes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.accel.dialect import call_in, callee_of
from optimus_mlir.accel.lifetimes import ALIASES, allocations_in, buffer_of, touches
from optimus_mlir.accel.ranges import constant, terms
from optimus_mlir.mlir import ir

TRANSFERS = ("accel.load", "accel.store", "accel.move")
FEED_MEMORY = "memref.alloc"  # at the begin of a group: made by whoever is first to write to it
CASTS = frozenset({"memref.cast"})

Results = Mapping[str, frozenset[int]]
"""By kernel, the numbers of the arguments that it writes to."""


@dataclass(frozen=True)
class Access:
    """What an instruction does with a view of a buffer."""

    op: ir.Operation
    view: ir.Value
    writes: bool


@dataclass(frozen=True)
class Part:
    """Elements [first, end) of an axis of a buffer at step 0; each step moves them by `advance`.

    `others` are the counters of loops around that move them as well.
    """

    axis: int
    first: int
    end: int
    advance: int
    others: frozenset[tuple[ir.Value, int]]


def has_independent_steps(loop: ir.Operation, results: Results) -> bool:
    """Of an scf.for in a group. Two arguments of the group must not be the same buffer."""
    if len(loop.results) or constant(loop.operands[2]) is None:
        return False
    accesses = _by_buffer(loop, results)
    return all(map(_goes_by_one_name, accesses)) and all(
        _keep_apart(loop, [access.view for access in each])
        for buffer, each in accesses.items()
        if any(access.writes for access in each) and not belongs_to_step(buffer, loop)
    )


def loaded_for(
    loops: Sequence[ir.Operation], group: ir.Operation, results: Results
) -> list[ir.Operation]:
    """The allocations that these loops of a group read, and that only loads write to, before them.

    What is loaded stays the same as long as the group runs.
    """
    accesses = _by_buffer(group, results)
    stored = {buffer for buffer, each in accesses.items() if any(access.writes for access in each)}

    def is_in_loops(op: ir.Operation) -> bool:
        return any(is_inside(op, loop) for loop in loops)

    def is_loaded(access: Access) -> bool:
        if access.op.name != "accel.load" or is_in_loops(access.op):
            return False
        return buffer_of(access.op.operands[0]) not in stored

    return [
        op
        for op in allocations_in(group)
        if (each := accesses.get(op.results[0], []))
        and all(is_loaded(access) for access in each if access.writes)
        and any(is_in_loops(access.op) for access in each)
        and not any(user.name == "scf.for" for user in touches(op.results[0]))  # which carries it
    ]


def _goes_by_one_name(buffer: ir.Value) -> bool:
    """Not so a buffer that a loop carries: its steps call different buffers the same."""
    if isinstance(buffer.owner, ir.Block):
        return buffer.owner.owner.operation.name == "func.func"
    return buffer.owner.name in ("accel.alloc", FEED_MEMORY)


def belongs_to_step(buffer: ir.Value, loop: ir.Operation) -> bool:
    """Whether a buffer is a step's own: it is allocated there, or a feed that is made there."""
    if isinstance(buffer.owner, ir.Block):
        return False
    if buffer.owner.name == FEED_MEMORY:
        return all(is_inside(op, loop) for op in touches(buffer))
    return is_inside(buffer.owner, loop)


def is_inside(op: ir.Operation, around: ir.Operation) -> bool:
    while op.name != "func.func":
        op = op.parent.operation
        if op == around:
            return True
    return False


def _by_buffer(around: ir.Operation, results: Results) -> dict[ir.Value, list[Access]]:
    found: dict[ir.Value, list[Access]] = {}
    for access in _accesses(around, results):
        found.setdefault(buffer_of(access.view), []).append(access)
    return found


def _accesses(around: ir.Operation, results: Results) -> Iterator[Access]:
    for name in TRANSFERS:
        for op in allocations_in(around, name):
            source, target = op.operands
            yield from (Access(op, source, writes=False), Access(op, target, writes=True))
    for op in allocations_in(around, "accel.compute"):
        for number, value in enumerate(call_in(op).operands):
            yield Access(op, value, writes=number in results[callee_of(op)])


def _keep_apart(loop: ir.Operation, views: list[ir.Value]) -> bool:
    """Whether there is an axis in which all views together advance by at least their length."""
    parts = [_parts(view, loop) for view in views]
    return any(_is_apart([each.get(axis) for each in parts]) for axis in parts[0])


def _is_apart(parts: list[Part | None]) -> bool:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or len({(part.advance, part.others) for part in known}) > 1:
        return False
    length = max(part.end for part in known) - min(part.first for part in known)
    return known[0].advance >= length


def _parts(view: ir.Value, loop: ir.Operation) -> dict[int, Part]:
    """By axis, if it is known; of a view of a view what the outer one may reach."""
    outermost: ir.Operation | None = None
    while not isinstance(view.owner, ir.Block) and view.owner.name in ALIASES:
        is_plain = view.owner.name in CASTS
        outermost = outermost if is_plain else view.owner
        view = view.owner.operands[0]
    if outermost is None or outermost.name != "memref.subview":
        return {}
    found = (_part(axis, *each, loop) for axis, each in enumerate(_axes(outermost)))
    return {part.axis: part for part in found if part is not None}


def _axes(subview: ir.Operation) -> Iterator[tuple[ir.Value | int, int]]:
    """Offset and size of every axis; no size where there are strides."""
    hole, dynamic = ir.ShapedType.get_dynamic_stride_or_offset(), iter(list(subview.operands)[1:])
    offsets, sizes, strides = (
        list(ir.DenseI64ArrayAttr(subview.attributes[f"static_{name}"]))
        for name in ("offsets", "sizes", "strides")
    )
    for offset, size, stride in zip(offsets, sizes, strides, strict=True):
        yield next(dynamic) if offset == hole else offset, (size - 1) * stride + 1


def _part(axis: int, offset: ir.Value | int, length: int, loop: ir.Operation) -> Part | None:
    form = ({}, offset) if isinstance(offset, int) else terms(offset)
    if form is None:
        return None
    coefficients = {value: factor for value, factor in form[0].items() if factor}
    counter = loop.regions[0].blocks[0].arguments[0]
    advance = coefficients.pop(counter, 0) * (constant(loop.operands[2]) or 0)
    if any(is_inside(other.owner.owner, loop) for other in coefficients):
        return None  # a loop inside moves it as well
    return Part(axis, form[1], form[1] + length, advance, frozenset(coefficients.items()))
