"""Integer powers, which have no vectors and, for exponents of 64 bits, no lowering at all.

Before: %y = math.fpowi %x, %c3 : f32, i64        After: %s = arith.mulf %x, %x
                                                         %y = arith.mulf %s, %x
Other exponents than small constants go through `math.powf`.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from optimus_mlir.mlir import arith, ir, math, rewrite_once

MOST_BY_PRODUCTS = 16


def expand_integer_powers(module: ir.Module) -> None:
    """Rewrite every `math.fpowi` of the module, in place."""
    rewrite_once(module, [("math.fpowi", _expand)])


def _expand(op: Any, rewriter: Any) -> None:
    base, exponent = op.operands
    number = _constant(exponent)
    with rewriter.ip, op.location:
        if number is None or abs(number) > MOST_BY_PRODUCTS:
            power = math.powf(base, arith.sitofp(base.type, exponent))
        else:
            power = _product(base, number)
    rewriter.replace_op(op, [power])


def _constant(value: ir.Value) -> int | None:
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name != "arith.constant":
        return None
    return ir.IntegerAttr(owner.attributes["value"]).value


def _product(base: ir.Value, exponent: int) -> ir.Value:
    """By squaring; a negative power is the reciprocal."""
    factors, square, left = [], base, abs(exponent)
    while left:
        if left & 1:
            factors.append(square)
        left >>= 1
        square = arith.mulf(square, square) if left else square
    if not factors:
        return arith.constant(base.type, 1.0)
    power = reduce(arith.mulf, factors)
    return arith.divf(arith.constant(base.type, 1.0), power) if exponent < 0 else power
