"""A reduction in parts that follow each other, each a linalg op on slices of the operands.

Before: %c = matmul(%a, %b) outs(%zeros)
After:  %s = matmul(%a[:, :k], %b[:k]) outs(%zeros)     {optimus.partial_sums}
        %p = matmul(%a[:, k:], %b[k:]) outs(%zeros)
        %c = generic{%p + %s}(%s) outs(%p)
"""

from __future__ import annotations

from collections.abc import Sequence

from optimus_mlir.analysis.affine_maps import operand_indices
from optimus_mlir.analysis.annotations import NAME, PARTIAL_SUMS
from optimus_mlir.analysis.operator_form import holds_no_data
from optimus_mlir.analysis.structured import elementwise, structured
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.tiling.boxes import extract
from optimus_mlir.workload import Linear
from optimus_mlir.workload.splitting import part_name


def split_reduction(anchor: ir.Operation, name: str, loop: int, sizes: Sequence[int]) -> None:
    """Run a loop of an operator's anchor in parts of these sizes; they are named after `name`."""
    begin, sums = 0, None
    with ir.InsertionPoint(anchor), anchor.location:
        for number, size in enumerate(sizes):
            part = _part(anchor, loop, begin, size)
            part.attributes[NAME] = ir.StringAttr.get(part_name(name, number))
            last = part if sums is None else _added(part, sums)
            begin, sums = begin + size, last.results[0]
            if number < len(sizes) - 1:
                last.attributes[PARTIAL_SUMS] = ir.UnitAttr.get()
    assert sums is not None
    anchor.results[0].replace_all_uses_with(sums)
    anchor.erase()


def _part(anchor: ir.Operation, loop: int, begin: int, size: int) -> ir.Operation:
    """The op on the slices of its operands that some iterations of a loop read."""
    rows = operand_indices(anchor)
    assert rows is not None
    reads = zip(list(anchor.operands)[:-1], rows, strict=False)
    slices = [_slice(value, row, loop, begin, size) for value, row in reads]
    part = anchor.clone()
    for number, value in enumerate(slices):
        part.operands[number] = value
    return part


def _slice(value: ir.Value, row: Sequence[Linear], loop: int, begin: int, size: int) -> ir.Value:
    steps = [index.coefficients[loop] for index in row]
    if not any(steps):
        return value
    low = [step * begin for step in steps]
    shape = list(value.type.shape)
    for dimension, step in enumerate(steps):
        if step:
            shape[dimension] = step * (size - 1) + row[dimension].constant + 1
    if holds_no_data(value):  # it only says how long its loops are
        return tensor.EmptyOp(shape, value.type.element_type).result
    return extract(value, low, shape)


def _added(part: ir.Operation, sums: ir.Value) -> ir.Operation:
    """What the parts before have summed up is added as the part's result is written."""
    view = structured(part)
    assert view is not None
    addition = view.yielded.owner.name
    identity = ir.AffineMap.get_identity(sums.type.rank)
    total = elementwise([(sums, identity)], part.results[0])
    with ir.InsertionPoint(total.regions[0].blocks[0]):
        term, own = total.regions[0].blocks[0].arguments
        result = ir.Operation.create(addition, [own.type], [own, term]).results[0]
        linalg.YieldOp([result])
    return total.operation
