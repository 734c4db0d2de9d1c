"""What the scalar ops of `arith` and `math` do, on NumPy arrays of elements.

Results have exactly the type of the op's result: f32 is computed in float32. An op that is not here,
or whose outcome MLIR leaves undefined (a division of integers by zero), is not evaluated.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array, numpy_dtype

BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
    "arith.divf": np.divide,
    "arith.remf": np.fmod,
    "arith.maximumf": np.maximum,
    "arith.minimumf": np.minimum,
    "arith.maxnumf": np.fmax,
    "arith.minnumf": np.fmin,
    "arith.addi": np.add,
    "arith.subi": np.subtract,
    "arith.muli": np.multiply,
    "arith.andi": np.bitwise_and,
    "arith.ori": np.bitwise_or,
    "arith.xori": np.bitwise_xor,
    "arith.maxsi": np.maximum,
    "arith.minsi": np.minimum,
    "math.powf": np.power,
    "math.atan2": np.arctan2,
}
UNARY: dict[str, Callable[[Array], Array]] = {
    "arith.negf": np.negative,
    "math.absf": np.abs,
    "math.absi": np.abs,
    "math.ceil": np.ceil,
    "math.floor": np.floor,
    "math.roundeven": np.rint,
    "math.trunc": np.trunc,
    "math.sqrt": np.sqrt,
    "math.rsqrt": lambda x: x.dtype.type(1) / np.sqrt(x),
    "math.exp": np.exp,
    "math.exp2": np.exp2,
    "math.expm1": np.expm1,
    "math.log": np.log,
    "math.log2": np.log2,
    "math.log10": np.log10,
    "math.log1p": np.log1p,
    "math.sin": np.sin,
    "math.cos": np.cos,
    "math.tan": np.tan,
    "math.tanh": np.tanh,
    "math.erf": np.vectorize(math.erf, otypes=[np.float64]),
}
BINARY_ON_I1 = frozenset({"arith.andi", "arith.ori", "arith.xori"})

ORDERED = (None, np.equal, np.greater, np.greater_equal, np.less, np.less_equal, np.not_equal, None)
FIRST_UNORDERED = 8  # the predicates ueq to une, which hold for NaN too, then uno and true
INTEGER_COMPARISONS = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
INTEGER_EQUALITIES = 2  # the comparisons that i1 has, whose `true` counts as -1 in the others


def evaluate(op: ir.OpView, operands: list[Array]) -> Array | None:
    """The elements of the op's result; None if it is not known how to compute them."""
    dtype = numpy_dtype(op.results[0].type)
    if dtype is None:
        return None
    with np.errstate(all="ignore"):
        result = _compute(op, operands, dtype)
    return None if result is None else np.asarray(result, dtype)


def _compute(op: ir.OpView, operands: list[Array], dtype: np.dtype[Any]) -> Array | None:
    name = op.operation.name
    if name in BINARY:
        on_i1 = operands[0].dtype == np.bool_
        return None if on_i1 and name not in BINARY_ON_I1 else BINARY[name](*operands)
    if name in UNARY:
        return UNARY[name](operands[0])
    if name in CASTS:
        return CASTS[name](operands[0], dtype)
    if name == "arith.select":
        return np.where(*operands)
    if name == "arith.cmpf":
        return _compare_floats(op.attributes["predicate"].value, *operands)
    if name == "arith.cmpi":
        return _compare_integers(op.attributes["predicate"].value, *operands)
    return None


def _compare_floats(predicate: int, x: Array, y: Array) -> Array | None:
    unordered = np.isnan(x) | np.isnan(y)
    if predicate < FIRST_UNORDERED:
        compare = ORDERED[predicate]
        return None if compare is None else compare(x, y) & ~unordered
    compare = ORDERED[predicate - FIRST_UNORDERED + 1] if predicate < 14 else None
    return None if compare is None else compare(x, y) | unordered


def _compare_integers(predicate: int, x: Array, y: Array) -> Array | None:
    if x.dtype == np.bool_ and predicate >= INTEGER_EQUALITIES:
        return None
    if predicate < len(INTEGER_COMPARISONS):
        return INTEGER_COMPARISONS[predicate](x, y)
    compare = INTEGER_COMPARISONS[predicate - len(INTEGER_COMPARISONS) + INTEGER_EQUALITIES]
    return compare(_unsigned(x), _unsigned(y))


def _unsigned(x: Array) -> Array:
    return x.view(f"u{x.dtype.itemsize}")


def _signed(x: Array) -> Array:
    """i1 has one bit, that of the sign: true is -1."""
    return -x.astype(np.int8) if x.dtype == np.bool_ else x


def _truncate_integer(x: Array, dtype: np.dtype[Any]) -> Array:
    return (x & 1).astype(np.bool_) if dtype == np.bool_ else x.astype(dtype)


def _to_integer(x: Array, dtype: np.dtype[Any]) -> Array | None:
    """Rounds towards zero; undefined beyond the type's range."""
    if dtype.kind != "i" or not np.all(np.abs(x) < 2.0 ** (8 * dtype.itemsize - 1)):
        return None
    return x.astype(dtype)


CASTS: dict[str, Callable[[Array, np.dtype[Any]], Array | None]] = {
    "arith.extf": lambda x, dtype: x.astype(dtype),
    "arith.truncf": lambda x, dtype: x.astype(dtype),
    "arith.sitofp": lambda x, dtype: _signed(x).astype(dtype),
    "arith.uitofp": lambda x, dtype: _unsigned(x).astype(dtype),
    "arith.extsi": lambda x, dtype: _signed(x).astype(dtype),
    "arith.extui": lambda x, dtype: _unsigned(x).astype(dtype),
    "arith.trunci": _truncate_integer,
    "arith.index_cast": lambda x, dtype: _signed(x).astype(dtype),
    "arith.fptosi": _to_integer,
}
