"""Ops on constants become constants, computed with NumPy in the types of the program.

Before: %r = generic{1 / sqrt(x + 1e-5)}(%variance), %t = linalg.transpose(%weights)
After:  %r = arith.constant ..., %t = arith.constant ...
"""

import math
from typing import Any

import numpy as np

from optimus_mlir.analysis.structured import (
    Structured,
    is_fill,
    is_permutation,
    is_used,
    producer,
    structured,
    top_level_ops,
)
from optimus_mlir.mlir import arith, ir, tensor
from optimus_mlir.mlir.constants import Array, constant_attribute, numpy_dtype
from optimus_mlir.normalize.body_evaluation import evaluate_body
from optimus_mlir.normalize.known_values import KnownValues, name_of

MOST_BYTES_GROWN = 2**20  # what is larger than the constants it comes from is cheaper computed


def fold_constants(module: ir.Module) -> None:
    """Replace every op with known operands that NumPy can compute; leave all others."""
    known = KnownValues()
    folded: list[ir.OpView] = []
    for op in top_level_ops(module):
        if (array := _evaluate(op, known)) is not None:
            known[op.results[0]] = array
            folded.append(op)
    inner = {op.operation for op in folded}
    for op in folded:
        if any(use.owner.operation not in inner for use in op.results[0].uses):
            _materialise(op, known)
    for op in reversed(folded):
        if not is_used(op.results[0]):
            op.operation.erase()


def new_constant(array: Array, name: str, like: ir.Type) -> ir.Value:
    """A constant at the current insertion point, with elements of the type `like`."""
    attribute = constant_attribute(array, name, like.context, like)
    return arith.ConstantOp(attribute.type, attribute).result


def _materialise(op: ir.OpView, known: KnownValues) -> None:
    (result,) = op.results
    with ir.InsertionPoint(op), op.location:
        constant = new_constant(known[result], _name(op), result.type.element_type)
    result.replace_all_uses_with(constant)


def _name(op: ir.OpView) -> str:
    """The weight that the op derives from, through other ops."""
    names = (
        name_of(operand)
        if (inner := producer(operand)) is None or not inner.operands
        else _name(inner)
        for operand in op.operands
    )
    return next((name for name in names if name != "constant"), "constant")


def _evaluate(op: ir.OpView, known: KnownValues) -> Array | None:
    if len(op.results) != 1 or not _is_worth_it(op, known):
        return None
    if isinstance(op, tensor.ExpandShapeOp | tensor.CollapseShapeOp):
        source = known.get(op.operands[0])
        return None if source is None else source.reshape(op.result.type.shape)
    if isinstance(op, tensor.ExtractSliceOp):
        return _slice(op, known)
    if isinstance(op, tensor.PadOp):
        return _pad(op, known)
    if isinstance(op, tensor.ConcatOp):
        return _concatenation(op, known)
    view = structured(op)
    if view is None or is_fill(view) or not _reads_only_known(view, known):
        return None
    if is_permutation(view) and _bytes(view.result.type) > MOST_BYTES_GROWN:
        return None  # its readers can read a large weight in another order, which copies nothing
    return evaluate_body(view, known)


def _is_worth_it(op: ir.OpView, known: KnownValues) -> bool:
    (result,) = op.results
    if not isinstance(result.type, ir.RankedTensorType):
        return False
    operands = [o for o in op.operands if isinstance(o.type, ir.RankedTensorType) and o in known]
    return _bytes(result.type) <= max(sum(_bytes(o.type) for o in operands), MOST_BYTES_GROWN)


def _bytes(kind: Any) -> int:
    dtype = numpy_dtype(kind.element_type)
    return math.prod(kind.shape) * (dtype.itemsize if dtype else 0)


def _reads_only_known(view: Structured, known: KnownValues) -> bool:
    operands = zip(view.arguments, view.operands, strict=True)
    return all(value in known for argument, value in operands if is_used(argument))


def _concatenation(op: tensor.ConcatOp, known: KnownValues) -> Array | None:
    if not all(value in known for value in op.inputs):
        return None
    return np.concatenate([known[value] for value in op.inputs], op.dim.value)


def _slice(op: tensor.ExtractSliceOp, known: KnownValues) -> Array | None:
    if len(op.operands) > 1 or op.operands[0] not in known:  # further operands: dynamic offsets
        return None
    ranges = zip(op.static_offsets, op.static_sizes, op.static_strides, strict=True)
    box = tuple(slice(start, start + size * step, step) for start, size, step in ranges)
    return known[op.operands[0]][box].reshape(op.result.type.shape)


def _pad(op: tensor.PadOp, known: KnownValues) -> Array | None:
    padding = list(op.regions[0].blocks[0].operations)[-1].operands[0]
    if len(op.operands) > 1 or op.operands[0] not in known or padding not in known:
        return None
    widths = list(zip(op.static_low, op.static_high, strict=True))
    if any(width < 0 for pair in widths for width in pair):
        return None
    return np.pad(known[op.operands[0]], widths, constant_values=known[padding])
