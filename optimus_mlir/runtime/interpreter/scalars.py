"""Scalar ops of `arith` and `math`, on arrays of elements at once: every element by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from optimus_mlir.analysis.scalar_arithmetic import BINARY, UNARY
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array
from optimus_mlir.runtime.interpreter.memory import element_dtype

Scalar = Any  # an array of elements, or one of them as a NumPy or Python number


def unsigned(x: Array) -> Array:
    return x if x.dtype == np.bool_ else x.view(f"u{x.dtype.itemsize}")


def signed(x: Array) -> Array:
    """i1 has one bit, that of the sign: true is -1."""
    return -x.astype(np.int8) if x.dtype == np.bool_ else x


def _on_unsigned(operation: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda x, y: operation(unsigned(x), unsigned(y)).view(x.dtype)


def _towards_zero(x: Array, y: Array) -> Array:
    quotient = np.floor_divide(x, y)
    return quotient + ((quotient < 0) & (quotient * y != x)).astype(x.dtype)


OPERATIONS: dict[str, Callable[..., Array]] = {
    **BINARY,
    **UNARY,
    "arith.divsi": _towards_zero,
    "arith.remsi": np.fmod,
    "arith.floordivsi": np.floor_divide,
    "arith.ceildivsi": lambda x, y: -np.floor_divide(-x, y),
    "arith.divui": _on_unsigned(np.floor_divide),
    "arith.remui": _on_unsigned(np.remainder),
    "arith.maxui": _on_unsigned(np.maximum),
    "arith.minui": _on_unsigned(np.minimum),
    "arith.shli": np.left_shift,
    "arith.shrsi": np.right_shift,
    "arith.shrui": _on_unsigned(np.right_shift),
    "arith.select": np.where,
    "math.fma": lambda x, y, z: x * y + z,
    "math.cosh": np.cosh,
    "math.sinh": np.sinh,
    "math.cbrt": np.cbrt,
    "math.round": lambda x: np.copysign(np.floor(np.abs(x) + x.dtype.type(0.5)), x),
}

CASTS: dict[str, Callable[[Array], Array]] = {
    "arith.extf": lambda x: x,
    "arith.truncf": lambda x: x,
    "arith.sitofp": signed,
    "arith.uitofp": unsigned,
    "arith.extsi": signed,
    "arith.extui": unsigned,
    "arith.index_cast": signed,
    "arith.index_castui": unsigned,
    "arith.fptosi": np.trunc,
    "arith.fptoui": np.trunc,
}

FLOAT_PREDICATES = (None, np.equal, np.greater, np.greater_equal, np.less, np.less_equal)
INTEGER_PREDICATES = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)


def evaluate(op: ir.Operation, operands: Sequence[Scalar]) -> Scalar | None:
    """The result, in exactly the type of the op's; None if the op is not one of these."""
    if op.name == "arith.constant":
        return constant(op)
    arrays = [np.asarray(each) for each in operands]
    with np.errstate(all="ignore"):
        result = _compute(op, arrays)
    if result is None:
        return None
    return np.asarray(result).astype(element_dtype(op.results[0].type), copy=False)


def constant(op: ir.Operation) -> Scalar:
    value = op.attributes["value"]
    if not isinstance(value, (ir.FloatAttr, ir.IntegerAttr, ir.BoolAttr)):
        raise PassFailure(op.location, f"the interpreter knows no constant of type {value.type}")
    return np.asarray(value.value).astype(element_dtype(op.results[0].type))


def _compute(op: ir.Operation, operands: list[Array]) -> Array | None:
    name = op.name
    if name in OPERATIONS:
        return OPERATIONS[name](*operands)
    if name in CASTS:
        return CASTS[name](operands[0])
    if name == "arith.bitcast":
        return operands[0].view(element_dtype(op.results[0].type))
    if name == "arith.trunci":
        x = operands[0]
        return x & 1 != 0 if str(op.results[0].type) == "i1" else x
    if name == "arith.cmpf":
        return _compare_floats(ir.IntegerAttr(op.attributes["predicate"]).value, *operands)
    if name == "arith.cmpi":
        return _compare_integers(ir.IntegerAttr(op.attributes["predicate"]).value, *operands)
    return None


def _compare_floats(predicate: int, x: Array, y: Array) -> Array:
    """Predicates 0 to 7 are false for NaN (false, oeq, .., one, ord), 8 to 15 true (ueq, .., true)."""
    unordered = np.isnan(x) | np.isnan(y)
    if predicate in (0, 15):
        return np.full(unordered.shape, predicate == 15)
    if predicate in (7, 14):
        return unordered == (predicate == 14)
    order = predicate if predicate < 7 else predicate - 7
    holds = np.not_equal(x, y) if order == 6 else FLOAT_PREDICATES[order](x, y)
    return holds & ~unordered if predicate < 7 else holds | unordered


def _compare_integers(predicate: int, x: Array, y: Array) -> Array:
    if predicate < len(INTEGER_PREDICATES):
        return INTEGER_PREDICATES[predicate](signed(x), signed(y))
    return INTEGER_PREDICATES[predicate - 4](unsigned(x), unsigned(y))
