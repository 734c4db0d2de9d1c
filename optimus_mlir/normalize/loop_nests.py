"""Linalg ops as loops and index rows that can be changed, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optimus_mlir.analysis.affine_maps import loop_extents, operand_indices
from optimus_mlir.analysis.structured import (
    Structured,
    element_type,
    generic,
    is_fill,
    loop_kinds,
    move_body,
    producer,
    structured,
    structured_producer,
)
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.normalize.index_arithmetic import (
    Row,
    affine_map,
    is_loop,
    loop_index,
    split_loop,
)
from optimus_mlir.workload import Linear


@dataclass(frozen=True)
class Operand:
    """A tensor that is read, and where. `is_moved`: not where the op says that it reads."""

    value: ir.Value
    row: Row
    is_moved: bool = False


@dataclass(frozen=True)
class LoopNest:
    """A linalg op without its body; the last operand is the result's initial value.

    `parts[d]` are the extents of the loops that dimension d of the op's result was split into.
    """

    extents: tuple[int, ...]
    kinds: tuple[str, ...]
    operands: tuple[Operand, ...]
    parts: tuple[tuple[int, ...], ...]

    @property
    def loops(self) -> int:
        return len(self.extents)

    def reading(self, number: int, operand: Operand) -> LoopNest:
        return replace(self, operands=_replaced(self.operands, number, operand))

    def split(self, loop: int, shape: tuple[int, ...]) -> LoopNest | None:
        """The same nest with one loop for each extent of `shape`; None if the result forbids it."""
        write = self.operands[-1].row
        if not all(is_loop(index) for index in write):
            return None
        kinds = (self.kinds[loop],) * len(shape)
        operands = [
            replace(o, row=tuple(split_loop(index, loop, shape) for index in o.row))
            for o in self.operands
        ]
        split = LoopNest(
            (*self.extents[:loop], *shape, *self.extents[loop + 1 :]),
            (*self.kinds[:loop], *kinds, *self.kinds[loop + 1 :]),
            tuple(operands),
            self.parts,
        )
        along = [d for d, index in enumerate(write) if index.loops == (loop,)]
        return split._with_split_result(along[0], loop, shape) if along else split

    def _with_split_result(self, axis: int, loop: int, shape: tuple[int, ...]) -> LoopNest:
        new = tuple(loop_index(loop + i, self.loops) for i in range(len(shape)))
        start = self.operands[-1]
        row = (*start.row[:axis], *new, *start.row[axis + 1 :])
        operands = (*self.operands[:-1], replace(start, row=row))
        dimension = next(d for d in range(len(self.parts)) if axis < self._axes_up_to(d + 1))
        part, at = self.parts[dimension], axis - self._axes_up_to(dimension)
        split = (*part[:at], *shape, *part[at + 1 :])
        return replace(self, operands=operands, parts=_replaced(self.parts, dimension, split))

    def _axes_up_to(self, dimension: int) -> int:
        return sum(map(len, self.parts[:dimension]))

    @property
    def hidden_loops(self) -> list[int]:
        """The loops whose extent MLIR finds in no operand's shape."""
        alone = {i.loops[0] for o in self.operands for i in o.row if is_loop(i)}
        return [loop for loop in range(self.loops) if loop not in alone]


def nest_of(view: Structured) -> LoopNest | None:
    op = view.op.operation
    rows = operand_indices(op)
    extents = loop_extents(op, rows) if rows else None
    if rows is None or extents is None:
        return None
    operands = tuple(Operand(value, row) for value, row in zip(view.operands, rows, strict=True))
    kinds = tuple(loop_kinds(view))
    return LoopNest(extents, kinds, operands, tuple((n,) for n in view.result.type.shape))


def starts_anew(view: Structured) -> bool:
    start = structured_producer(view.initial)
    return isinstance(producer(view.initial), tensor.EmptyOp) or bool(start and is_fill(start))


def rebuilt(view: Structured, nest: LoopNest) -> Structured:
    shape = [n for part in nest.parts for n in part]
    with ir.InsertionPoint(view.op), view.op.location:
        initial = view.initial
        if len(shape) > len(nest.parts):
            initial = _start_of_shape(view, shape)
        new = _generic(nest, initial)
        body = new.regions[0].blocks[0]
        arguments = [*list(body.arguments)[: len(view.arguments) - 1], body.arguments[-1]]
        for old, argument in zip(view.arguments, arguments, strict=True):
            old.replace_all_uses_with(argument)
        move_body(view, [], body)
        result = new.results[0]
        if len(shape) > len(nest.parts):
            result = tensor.CollapseShapeOp(
                view.result.type, result, _consecutive(map(len, nest.parts))
            ).result
    view.result.replace_all_uses_with(result)
    view.op.operation.erase()
    rebuilt = structured(new)
    assert rebuilt is not None
    return rebuilt


def _start_of_shape(view: Structured, shape: Sequence[int]) -> ir.Value:
    empty = tensor.EmptyOp(shape, view.result.type.element_type).result
    start = structured_producer(view.initial)
    return linalg.fill(start.operands[0], outs=[empty]) if start else empty


def _generic(nest: LoopNest, initial: ir.Value) -> linalg.GenericOp:
    """A generic op without a body. An empty tensor gives the extents that no operand shows."""
    operands = [*(_sliced(o, nest.extents) for o in nest.operands[:-1]), nest.operands[-1]]
    if hidden := nest.hidden_loops:
        kind = element_type(operands[0].value)
        window = tensor.EmptyOp([nest.extents[loop] for loop in hidden], kind).result
        row = tuple(loop_index(loop, nest.loops) for loop in hidden)
        operands.insert(len(operands) - 1, Operand(window, row))
    reads = [(operand.value, affine_map(operand.row, nest.loops)) for operand in operands]
    reads[-1] = initial, reads[-1][1]
    return generic(reads, nest.kinds)


def _sliced(operand: Operand, extents: Sequence[int]) -> Operand:
    """Read from a slice that begins with the first element that is read: maps have no offsets."""
    if not isinstance(operand.value.type, ir.RankedTensorType):
        return operand
    shape = operand.value.type.shape
    first = [index.constant for index in operand.row]
    sizes = [
        1 + sum(c * (n - 1) for c, n in zip(index.coefficients, extents, strict=True))
        if index.constant or is_loop(index) or not index.loops
        else extent
        for index, extent in zip(operand.row, shape, strict=True)
    ]
    if sizes == list(shape):
        return operand
    kind = ir.RankedTensorType.get(sizes, operand.value.type.element_type)
    part = tensor.ExtractSliceOp(
        kind, operand.value, [], [], [], first, sizes, [1] * len(sizes)
    ).result
    row = tuple(Linear(index.coefficients) for index in operand.row)
    return replace(operand, value=part, row=row)


def _consecutive(lengths: Iterable[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    at = 0
    for length in lengths:
        groups.append(list(range(at, at + length)))
        at += length
    return groups


def _replaced(values: tuple[Any, ...], number: int, value: Any) -> tuple[Any, ...]:
    return (*values[:number], value, *values[number + 1 :])
