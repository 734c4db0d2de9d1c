"""The positions that an index takes over all steps of the loops around it."""

from __future__ import annotations

from optimus_mlir.analysis.affine_maps import linear
from optimus_mlir.mlir import ir

Positions = tuple[int, int]
"""The lowest and the highest, both taken at some step."""


def positions(value: ir.Value) -> Positions | None:
    """Of a constant, a loop's counter, or an affine function of these; else None: not known."""
    form = terms(value)
    if form is None:
        return None
    coefficients, constant = form
    low = high = constant
    for counter, coefficient in coefficients.items():
        ends = _counts(counter)
        if ends is None:
            return None
        reach = [coefficient * end for end in ends]
        low, high = low + min(reach), high + max(reach)
    return low, high


def constant(value: ir.Value) -> int | None:
    if isinstance(value.owner, ir.Block) or value.owner.name != "arith.constant":
        return None
    return ir.IntegerAttr(value.owner.attributes["value"]).value


Terms = tuple[dict[ir.Value, int], int]


def terms(value: ir.Value) -> Terms | None:
    """The value as a sum: counters of loops with their coefficients, and a constant."""
    if isinstance(value.owner, ir.Block):
        return {value: 1}, 0
    if (number := constant(value)) is not None:
        return {}, number
    if value.owner.name != "affine.apply":
        return None
    map_ = ir.AffineMapAttr(value.owner.attributes["map"]).value
    form = None if map_.n_symbols else linear(map_.results[0], map_.n_dims)
    if form is None:
        return None
    coefficients: dict[ir.Value, int] = {}
    total = form.constant
    for factor, operand in zip(form.coefficients, value.owner.operands, strict=True):
        inner = terms(operand)
        if inner is None:
            return None
        total += factor * inner[1]
        for counter, coefficient in inner[0].items():
            coefficients[counter] = coefficients.get(counter, 0) + factor * coefficient
    return coefficients, total


def _counts(counter: ir.Value) -> Positions | None:
    """The first and the last value of a loop's counter; None if unknown, or if it never runs."""
    loop = counter.owner.owner
    if loop.name != "scf.for" or counter.arg_number != 0:
        return None
    low, high, step = (constant(operand) for operand in list(loop.operands)[:3])
    if low is None or high is None or step is None or high <= low:
        return None
    return low, low + (high - low - 1) // step * step
