"""Scalar ops of `arith` and `math`, on arrays of elements (NumPy scalars are those without axes)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from optimus_mlir.analysis.scalar_arithmetic import BINARY, UNARY
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array
from optimus_mlir.runtime.interpreter.memory import element_dtype


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
    "arith.trunci": lambda x: x,
    "arith.index_cast": signed,
    "arith.index_castui": unsigned,
    "arith.fptosi": np.trunc,
    "arith.fptoui": np.trunc,
}

ORDERS = (np.equal, np.greater, np.greater_equal, np.less, np.less_equal, np.not_equal)
INTEGER_PREDICATES = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)


def meaning(op: ir.Operation) -> Callable[..., Array] | None:
    """What the op computes of its operands, in exactly its result's type; None if it is not known."""
    if op.name == "arith.constant":
        value = _constant(op)
        return lambda: value
    if len(op.results) != 1 or (compute := _function(op)) is None:
        return None
    dtype = element_dtype(op.results[0].type)

    def in_type(*operands: Array) -> Array:
        result = compute(*operands)
        return result if result.dtype == dtype else result.astype(dtype)

    return in_type


def _constant(op: ir.Operation) -> Array:
    value = op.attributes["value"]
    if not isinstance(value, (ir.FloatAttr, ir.IntegerAttr, ir.BoolAttr)):
        raise PassFailure(op.location, f"the interpreter knows no constant of type {value.type}")
    return np.asarray(value.value).astype(element_dtype(op.results[0].type))


def _function(op: ir.Operation) -> Callable[..., Array] | None:
    if op.name in ("arith.cmpf", "arith.cmpi"):
        predicate = ir.IntegerAttr(op.attributes["predicate"]).value
        return partial(_compare_floats if op.name == "arith.cmpf" else _compare_integers, predicate)
    if op.name == "arith.bitcast":
        dtype = element_dtype(op.results[0].type)
        return lambda x: x.view(dtype)
    if op.name == "arith.trunci" and str(op.results[0].type) == "i1":
        return lambda x: x & 1 != 0
    return OPERATIONS.get(op.name) or CASTS.get(op.name)


def _compare_floats(predicate: int, x: Array, y: Array) -> Array:
    """0 is never, 1 to 6 an order that NaN has not, 7 no NaN; from 8 on the same with NaN allowed."""
    unordered = np.isnan(x) | np.isnan(y)
    allows_nan, order = divmod(predicate - 1, 7) if predicate not in (0, 15) else (0, None)
    if order is None:
        return np.full(unordered.shape, predicate == 15)
    if order == 6:
        return unordered if allows_nan else ~unordered
    holds = ORDERS[order](x, y)
    return holds | unordered if allows_nan else holds & ~unordered


def _compare_integers(predicate: int, x: Array, y: Array) -> Array:
    if predicate < len(INTEGER_PREDICATES):
        return INTEGER_PREDICATES[predicate](signed(x), signed(y))
    return INTEGER_PREDICATES[predicate - 4](unsigned(x), unsigned(y))
