"""Elementwise bodies that are affine in one of their operands: y = scale * x + shift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimus_mlir.analysis.scalar_arithmetic import evaluate
from optimus_mlir.analysis.structured import Structured
from optimus_mlir.mlir import arith, ir
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.body_evaluation import over_loops
from optimus_mlir.normalize.known_values import KnownValues


@dataclass(frozen=True)
class Affine:
    """y = scale * x + shift, in float64, with one axis (of length 1 where nothing varies) per loop."""

    scale: Array
    shift: Array

    def after(self, inner: Affine) -> Affine:
        """The function of another's result."""
        return Affine(
            _without_repeats(self.scale * inner.scale),
            _without_repeats(self.scale * inner.shift + self.shift),
        )

    def __neg__(self) -> Affine:
        return Affine(-self.scale, -self.shift)

    def __add__(self, other: Affine) -> Affine:
        return Affine(self.scale + other.scale, self.shift + other.shift)


Operand = Affine | Array
"""What an op of a body computes with: a function of x, or a constant in the program's type."""


def _without_repeats(array: Array) -> Array:
    for axis, extent in enumerate(array.shape):
        first = array.take([0], axis)
        if extent > 1 and (array == first).all():
            array = first
    return array


def identity(rank: int) -> Affine:
    shape = (1,) * rank
    return Affine(np.ones(shape), np.zeros(shape))


def affine_form(view: Structured, variable: int, known: KnownValues) -> Affine | None:
    """The result of an elementwise op as a function of the operand with this number.

    None if it is not affine, or if a coefficient is not known when compiling.
    """
    x = identity(view.maps[-1].n_inputs)
    values: dict[ir.Value, Operand] = {view.arguments[variable]: x}

    def operand(value: ir.Value) -> Operand | None:
        return values[value] if value in values else known.get(value)

    for argument, outside, indexing in zip(view.arguments, view.operands, view.maps, strict=True):
        if argument not in values and outside in known:
            array = over_loops(known[outside], indexing)
            if array is not None:
                values[argument] = array
    for op in view.computations:
        operands = [o for value in op.operands if (o := operand(value)) is not None]
        if len(operands) < len(op.operands) or len(op.results) != 1:
            return None
        is_constant = isinstance(op, arith.ConstantOp)
        result = known.get(op.results[0]) if is_constant else _apply(op, operands)
        if result is None:
            return None
        values[op.results[0]] = result
    result = operand(view.yielded)
    return result if isinstance(result, Affine) else None


def _apply(op: ir.OpView, operands: list[Operand]) -> Operand | None:
    constants = [o for o in operands if not isinstance(o, Affine)]
    if len(constants) == len(operands):
        return evaluate(op, constants)
    rule = RULES.get(type(op))
    return None if rule is None else rule(*operands)


def _as_affine(operand: Operand) -> Affine:
    if isinstance(operand, Affine):
        return operand
    constant = operand.astype(np.float64)
    return Affine(np.zeros_like(constant), constant)


def _product(x: Operand, y: Operand) -> Affine | None:
    if not isinstance(x, Affine):
        x, y = y, x
    if not isinstance(x, Affine) or isinstance(y, Affine):
        return None
    return Affine(x.scale * y, x.shift * y)


def _quotient(x: Operand, y: Operand) -> Affine | None:
    if not isinstance(x, Affine) or isinstance(y, Affine):
        return None
    divisor = y.astype(np.float64)
    return Affine(x.scale / divisor, x.shift / divisor)


RULES: dict[type[ir.OpView], Callable[..., Affine | None]] = {
    arith.AddFOp: lambda x, y: _as_affine(x) + _as_affine(y),
    arith.SubFOp: lambda x, y: _as_affine(x) + -_as_affine(y),
    arith.MulFOp: _product,
    arith.DivFOp: _quotient,
    arith.NegFOp: lambda x: -x,
}
