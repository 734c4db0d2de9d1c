"""Which linalg ops can be operators of the accelerator, and why others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimus_mlir.analysis.affine_maps import loop_extents, operand_indices
from optimus_mlir.analysis.views import constant_of, views_of
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.cloning import values_read
from optimus_mlir.workload import Linear

ADDITIONS = frozenset({"arith.addf", "arith.addi"})

Rows = list[tuple[Linear, ...]]
"""For every operand, how the loops index it."""


@dataclass(frozen=True)
class Nest:
    """What an operator is to memory: the extents of its loops, and its accesses, the result's last."""

    extents: tuple[int, ...]
    rows: Rows


def nest_or_reason(op: ir.Operation) -> Nest | str:
    """The op as loops around a body, or why it cannot run on the accelerator."""
    rows = rows_or_reason(op)
    if isinstance(rows, str):
        return rows
    if not starts_from_nothing(op):
        return "its result begins with a tensor that is not a fill"
    extents = loop_extents(op, rows)
    if extents is None:
        return "no operand's shape shows the extent of one of its loops"
    write = rows[-1]
    walked = {loop for index in write for loop in index.loops}
    if any(sum(i.coefficients) != 1 or i.constant for i in write) or len(walked) != len(write):
        return "it does not write its result element by element"
    return Nest(extents, rows)


def rows_or_reason(op: ir.Operation) -> Rows | str:
    """The access maps of a linalg op with one tensor result, or why it has none."""
    if not op.name.startswith("linalg."):
        return "the accelerator has no such operation"
    if len(op.results) != 1:
        return f"it has {len(op.results)} results, and an operator has one"
    if not all(_is_static(v) for v in (*op.operands, *op.results)):
        return "its sizes are not known when compiling"
    if any(isinstance(value.type, ir.ShapedType) for value in _read_inside(op)):
        return "it gathers: its body picks elements of a tensor, and no access map says which"
    if _uses_position(op):
        return "its body asks at which position it is"
    if any(_is_filled(value) for value in list(op.operands)[:-1]):
        return "it reads a fill"  # normalisation puts such constants into the body
    return operand_indices(op) or "its access maps are not linear"


def is_elementwise(op: ir.Operation, rows: Rows) -> bool:
    """All loops parallel, and the result indexed by them in order."""
    loops = len(op.results[0].type.shape)
    return loops > 0 and rows[-1] == tuple(_loop(i, loops) for i in range(loops))


def reads_init(op: ir.Operation) -> bool:
    """Whether the body reads what the output held before."""
    block = op.regions[0].blocks[0]
    return len(list(block.arguments[len(block.arguments) - 1].uses)) > 0


def starts_from_nothing(op: ir.Operation) -> bool:
    """Whether the output's former content is a fill, or is not read at all."""
    return holds_no_data(op.operands[len(op.operands) - 1]) or not reads_init(op)


def adds_up(op: ir.Operation) -> bool:
    """Whether the body adds a term to what the output held, which begins at zero."""
    block = op.regions[0].blocks[0]
    sums = block.arguments[len(block.arguments) - 1]
    total = block.operations[len(block.operations) - 1].operands[0].owner
    if isinstance(total, ir.Block) or total.name not in ADDITIONS or len(list(sums.uses)) != 1:
        return False
    return sums in list(total.operands) and _is_zero(op.operands[len(op.operands) - 1])


def _is_zero(value: ir.Value) -> bool:
    if isinstance(value.owner, ir.Block) or value.owner.name != "linalg.fill":
        return False
    constant = constant_of(value.owner.operands[0])
    return constant is not None and constant.value == 0


def holds_no_data(value: ir.Value) -> bool:
    owner = value.owner
    return not isinstance(owner, ir.Block) and owner.name in ("tensor.empty", "linalg.fill")


def substituted(index: Linear, write: Sequence[Linear]) -> Linear:
    """An index over the result's dimensions as one over the anchor's loops."""
    coefficients = [0] * len(write[0].coefficients)
    for dimension, coefficient in enumerate(index.coefficients):
        (loop,) = write[dimension].loops
        coefficients[loop] += coefficient
    return Linear(tuple(coefficients), index.constant)


def _read_inside(op: ir.Operation) -> list[ir.Value]:
    """What the body reads."""
    body = op.regions[0].blocks[0].operations
    return [value for inner in body for value in values_read(inner.operation)]


def _is_static(value: ir.Value) -> bool:
    return not isinstance(value.type, ir.ShapedType) or value.type.has_static_shape


def _uses_position(op: ir.Operation) -> bool:
    return any(o.operation.name == "linalg.index" for o in op.regions[0].blocks[0].operations)


def _is_filled(value: ir.Value) -> bool:
    if not isinstance(value.type, ir.RankedTensorType):
        return False
    owners = [view.source.owner for view in views_of(value)]
    return any(not isinstance(o, ir.Block) and o.name == "linalg.fill" for o in owners)


def _loop(loop: int, loops: int) -> Linear:
    return Linear(tuple(int(i == loop) for i in range(loops)))
