"""Packings as linalg ops: copies of operands into buffers of their own, and an op over the copies.

Before:  linalg.conv_2d ins(%x, %w) outs(%y)    After:  linalg.generic ins(%x) outs(%copy)
                                                        linalg.generic ins(%copy, %w) outs(%y)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimus_mlir.analysis.affine_maps import operand_indices
from optimus_mlir.codegen.linalg_nests import BufferNest, fill_before
from optimus_mlir.codegen.packing import Packing
from optimus_mlir.mlir import ir, linalg
from optimus_mlir.mlir.cloning import Cloner
from optimus_mlir.workload import Linear

ALIGNMENT = 64  # of the buffers of copies

PACKED = "optimus.packed"
"""Marks an op whose operands are not to be packed again."""

NewBuffer = Callable[[ir.MemRefType], ir.Value]


@dataclass(frozen=True)
class _Copy:
    """A packed operand: its buffer, and where the buffer's elements are in the operand."""

    buffer: ir.Value
    packing: Packing
    places: ir.AffineMap


def pack(
    nest: BufferNest, packings: Sequence[Packing], new_buffer: NewBuffer
) -> list[ir.Operation]:
    """Replace the nest's op; what stands for it now, in program order.

    The fill of a packed result fills the copy instead.
    """
    op, fill = nest.op, fill_before(nest)
    copies = {nest.arguments[p.operand].arg_number: _copy(nest, p, new_buffer) for p in packings}
    result = len(op.operands) - 1
    found: list[ir.Operation] = []
    with ir.InsertionPoint(op), op.location:
        for number, copy in copies.items():
            if number == result and fill is not None:
                fill.operands[1] = copy.buffer
                fill.move_before(op)
            else:
                found.append(_copying(op.operands[number], copy))
        found.append(_over_copies(nest, copies))
        if result in copies:
            found.append(_copying(op.operands[result], copies[result], back=True))
    op.erase()
    return found


def _copy(nest: BufferNest, packing: Packing, new_buffer: NewBuffer) -> _Copy:
    """Loops that share a dimension move the operand alike, so the first one stands for all."""
    argument = nest.arguments[packing.operand]
    firsts = [loops[0] for loops in packing.loops]
    kind = ir.MemRefType.get([extent for extent, _ in packing.dimensions], argument.type)
    return _Copy(new_buffer(kind), packing, _map(_indices(nest)[argument.arg_number], firsts))


def _indices(nest: BufferNest) -> list[tuple[Linear, ...]]:
    indices = operand_indices(nest.op)
    assert indices is not None  # or there were no nest
    return indices


def _map(row: Sequence[Linear], loops: Sequence[int]) -> ir.AffineMap:
    """The indices of an operand as a map from some of the loops; the others stay at 0."""
    results: list[ir.AffineExpr] = []
    for index in row:
        total: ir.AffineExpr = ir.AffineConstantExpr.get(index.constant)
        for dimension, loop in enumerate(loops):
            if coefficient := index.coefficients[loop]:
                total = total + ir.AffineDimExpr.get(dimension) * coefficient
        results.append(total)
    return ir.AffineMap.get(len(loops), 0, results)


def _copying(operand: ir.Value, copy: _Copy, *, back: bool = False) -> ir.Operation:
    """Fills a copy from the operand, or the operand from the copy."""
    dimensions = len(copy.packing.dimensions)
    sides = [(operand, copy.places), (copy.buffer, ir.AffineMap.get_identity(dimensions))]
    op = _generic(sides[::-1] if back else sides, [True] * dimensions)
    element = copy.buffer.type.element_type
    block = op.regions[0].blocks.append(element, element)
    with ir.InsertionPoint(block):
        linalg.YieldOp([block.arguments[0]])
    return op


def _over_copies(nest: BufferNest, copies: dict[int, _Copy]) -> ir.Operation:
    """The op itself, without loops of one iteration: nothing would say how long they are."""
    longer = [number for number, loop in enumerate(nest.loops) if loop.extent != 1]
    pairs = zip(nest.op.operands, _indices(nest), strict=True)
    operands = [(operand, _map(row, longer)) for operand, row in pairs]
    for number, copy in copies.items():
        together = (
            tuple(int(n in each) for n in range(len(nest.loops))) for each in copy.packing.loops
        )
        operands[number] = copy.buffer, _map([Linear(row) for row in together], longer)
    generic = _generic(operands, [nest.loops[number].is_parallel for number in longer])
    generic.attributes[PACKED] = ir.UnitAttr.get()
    arguments = list(nest.body.arguments)
    block = generic.regions[0].blocks.append(*(argument.type for argument in arguments))
    with ir.InsertionPoint(block):
        cloner = Cloner(dict(zip(arguments, block.arguments, strict=True)))
        for inner in nest.body.operations:
            cloner.clone(inner.operation)
    return generic


def _generic(
    operands: Sequence[tuple[ir.Value, ir.AffineMap]], parallel: Sequence[bool]
) -> ir.Operation:
    """With an empty region; the last operand is the result."""
    kinds = {True: "parallel", False: "reduction"}
    iterators = [ir.Attribute.parse(f"#linalg.iterator_type<{kinds[p]}>") for p in parallel]
    attributes = {
        "indexing_maps": ir.ArrayAttr.get([ir.AffineMapAttr.get(map_) for _, map_ in operands]),
        "iterator_types": ir.ArrayAttr.get(iterators),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(operands) - 1, 1]),
    }
    values = [value for value, _ in operands]
    return ir.Operation.create("linalg.generic", operands=values, attributes=attributes, regions=1)
