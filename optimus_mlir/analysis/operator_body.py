"""What the body of a linalg op computes, where a rewrite of the graph asks for it."""

from __future__ import annotations

from optimus_mlir.analysis.operator_form import adds_up
from optimus_mlir.analysis.views import constant_of
from optimus_mlir.mlir import ir
from optimus_mlir.workload import Body

MAXIMA = frozenset({"arith.maximumf", "arith.maxnumf"})


def body_of(op: ir.Operation) -> Body:
    """The kind of its body: that of a reduction, or of an elementwise op."""
    block = op.regions[0].blocks[0]
    *computations, end = (each.operation for each in block.operations)
    reads, before = list(block.arguments)[:-1], block.arguments[len(block.arguments) - 1]
    if not computations or end.operands[0] != computations[-1].results[0]:
        return Body.OTHER
    last = computations[-1]
    if before in list(last.operands) and len(list(before.uses)) == 1:
        return _reduction(op, [each.name for each in computations], len(reads))
    if len(list(before.uses)) == 0 and reads:
        return _elementwise(computations, reads)
    return Body.OTHER


def _reduction(op: ir.Operation, names: list[str], reads: int) -> Body:
    if reads != 1:
        return Body.OTHER
    if len(names) == 1 and names[0] in MAXIMA:
        return Body.MAXIMUM
    if names == ["arith.addf"] and adds_up(op):
        return Body.SUM
    is_flag = str(op.results[0].type.element_type) == "i1"
    return Body.ALL if names[-1] == "arith.andi" and is_flag else Body.OTHER


def _elementwise(computations: list[ir.Operation], reads: list[ir.Value]) -> Body:
    names = [each.name for each in computations]
    first = list(computations[0].operands)
    if names == ["arith.subf", "math.exp"] and first == reads:
        return Body.EXPONENTIAL
    if names == ["arith.divf"] and first == reads:
        return Body.SHARE
    if names == ["arith.divf", "arith.select"] and first == reads[:2] and len(reads) == 3:
        condition, zero, share = computations[1].operands
        if (condition, share) == (reads[2], computations[0].results[0]) and _is_zero(zero):
            return Body.SHARE
    return Body.OTHER


def _is_zero(value: ir.Value) -> bool:
    constant = constant_of(value)
    return constant is not None and constant.value == 0
