"""Linalg ops on buffers as nests: which loops, and where each operand is read."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.analysis.affine_maps import operand_indices
from optimus_mlir.codegen.nest import Loop, Nest, simplified
from optimus_mlir.mlir import ir, linalg
from optimus_mlir.workload import Linear

VIEWS = frozenset({"memref.subview", "memref.cast", "memref.reinterpret_cast", "memref.view"})


@dataclass(frozen=True)
class BufferNest:
    """An op's nest over the operands that its body uses, the result last.

    `arguments` are theirs in the body, and `starts` the elements that iteration 0 reads. `loops`
    are those of the op, and `nest` is what they are run as.
    """

    op: ir.Operation
    loops: tuple[Loop, ...]
    nest: Nest
    operands: tuple[ir.Value, ...]
    arguments: tuple[ir.BlockArgument, ...]
    starts: tuple[int, ...]

    @property
    def body(self) -> ir.Block:
        return self.op.regions[0].blocks[0]

    @property
    def result(self) -> ir.Value:
        return self.operands[-1]

    @property
    def reads_result(self) -> bool:
        return bool(list(self.arguments[-1].uses))


def buffer_nest(op: ir.Operation) -> BufferNest | None:
    """None for an op without exactly one buffer as result, or where a layout is not known."""
    *_, terminator = op.regions[0].blocks[0].operations
    if len(op.results) or len(terminator.operands) != 1:
        return None
    indices = operand_indices(op)
    strides = [_strides(value.type) for value in op.operands]
    if indices is None or any(layout is None for layout in strides):
        return None
    extents = _extents(op, indices)
    rows = [
        _flat(row, layout or [], len(extents)) for row, layout in zip(indices, strides, strict=True)
    ]
    if not extents or any(len(row.coefficients) != len(extents) for row in rows):
        return None
    arguments = op.regions[0].blocks[0].arguments
    last = len(rows) - 1
    used = [n for n in range(last) if list(arguments[n].uses)] + [last]
    loops = tuple(
        Loop(extents[n], _moves(indices[last], n), tuple(rows[i].coefficients[n] for i in used))
        for n in range(len(extents))
    )
    return BufferNest(
        op,
        loops,
        simplified(loops),
        tuple(op.operands[i] for i in used),
        tuple(arguments[i] for i in used),
        tuple(rows[i].constant for i in used),
    )


def _moves(indices: tuple[Linear, ...], loop: int) -> bool:
    """Whether another iteration of the loop means another element: for a result, it is parallel."""
    return any(index.coefficients[loop] for index in indices)


def _strides(kind: ir.Type) -> list[int] | None:
    """Elements between neighbours along each dimension; none for a scalar, None if unknown."""
    if not isinstance(kind, ir.MemRefType):
        return []
    strides, _ = kind.get_strides_and_offset()
    dynamic = ir.ShapedType.get_dynamic_stride_or_offset()
    return None if not kind.has_static_shape or dynamic in strides else list(strides)


def _extents(op: ir.Operation, indices: list[tuple[Linear, ...]]) -> list[int]:
    """The extent of every loop, read off a dimension that it indexes alone; empty if one has none."""
    loops = max((len(index.coefficients) for row in indices for index in row), default=0)
    extents: dict[int, int] = {}
    for operand, row in zip(op.operands, indices, strict=True):
        for dimension, index in enumerate(row):
            if index.constant == 0 and len(index.loops) == 1 and sum(index.coefficients) == 1:
                extents[index.loops[0]] = operand.type.shape[dimension]
    return [extents[n] for n in range(loops)] if len(extents) == loops else []


def _flat(row: tuple[Linear, ...], strides: list[int], loops: int) -> Linear:
    """One index into all elements instead of one for each dimension."""
    pairs = list(zip(row, strides, strict=True))
    steps = tuple(sum(index.coefficients[n] * s for index, s in pairs) for n in range(loops))
    return Linear(steps, sum(index.constant * s for index, s in pairs))


def fill_before(nest: BufferNest) -> ir.Operation | None:
    """The fill of the nest's result that nothing has touched since."""
    buffer = viewed(nest.result)
    found: ir.Operation | None = None
    for op in nest.op.block.operations:
        if op.operation == nest.op:
            return found
        if isinstance(op, linalg.FillOp) and op.operands[1] == nest.result:
            found = op.operation
        elif op.operation.name not in VIEWS and any(viewed(v) == buffer for v in op.operands):
            found = None
    return found


def viewed(value: ir.Value) -> ir.Value:
    """What a view is a view of."""
    while not isinstance(value.owner, ir.Block) and value.owner.name in VIEWS:
        value = value.owner.operands[0]
    return value


def linalg_ops(root: ir.Operation) -> list[ir.Operation]:
    """Every linalg op with a body inside `root`, in program order."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name.startswith("linalg.") and len(op.regions):
            found.append(op)
        return ir.WalkResult.ADVANCE

    root.walk(visit)
    return found
