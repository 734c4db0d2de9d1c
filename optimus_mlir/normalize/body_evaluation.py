"""The value of a linalg op whose operands are known: its body, run on whole arrays at once.

Every operand becomes a view with one axis for each loop (of length 1 where the loop does not index
it), so that NumPy's broadcasting is the iteration. Only for parallel loops.
"""

from collections.abc import Mapping

import numpy as np

from optimus_mlir.analysis.scalar_arithmetic import evaluate
from optimus_mlir.analysis.structured import Structured, dims_of
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import arith, cf, ir, linalg, tensor
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.known_values import KnownValues


def evaluate_body(view: Structured, known: KnownValues) -> Array | None:
    """The result of the op; None if it needs something unknown. A violated assertion is an error."""
    dims = dims_of(view.maps[-1])
    if dims is None or len(dims) != view.maps[-1].n_inputs:
        return None
    extents = dict(zip(dims, view.result.type.shape, strict=True))
    inside = _arguments(view, known)
    for op in view.computations:
        if not _run(op, inside, known, extents):
            return None
    result = _look_up(view.yielded, inside, known)
    if result is None:
        return None
    everywhere = np.broadcast_to(result, [extents[loop] for loop in range(len(extents))])
    return np.array(everywhere.transpose(dims), order="C")


def known_inside(view: Structured, known: KnownValues) -> dict[ir.Value, Array]:
    """What can be computed of the body of an op whose loops are the dimensions of its result."""
    extents = dict(enumerate(view.result.type.shape))
    inside = _arguments(view, known)
    for op in view.computations:
        _run(op, inside, known, extents)
    return {value: array for value, array in inside.items() if array is not None}


def _arguments(view: Structured, known: KnownValues) -> dict[ir.Value, Array | None]:
    inside: dict[ir.Value, Array | None] = {}
    for argument, value, indexing in zip(view.arguments, view.operands, view.maps, strict=True):
        array = known.get(value) if any(True for _ in argument.uses) else None
        inside[argument] = None if array is None else over_loops(array, indexing)
    return inside


def over_loops(array: Array, indexing: ir.AffineMap) -> Array | None:
    """A view of `array` with one axis for each loop; None if an axis is not one loop or fixed."""
    fixed = [
        axis.value if isinstance(axis, ir.AffineConstantExpr) else None for axis in indexing.results
    ]
    picked = np.asarray(array[tuple(slice(None) if at is None else at for at in fixed)])
    axes = [axis for axis, at in zip(indexing.results, fixed, strict=True) if at is None]
    dims = dims_of(ir.AffineMap.get(indexing.n_dims, 0, axes))
    if dims is None:
        return None
    in_order = picked.transpose(np.argsort(dims))
    return np.expand_dims(in_order, [loop for loop in range(indexing.n_dims) if loop not in dims])


def _run(
    op: ir.OpView,
    inside: dict[ir.Value, Array | None],
    known: KnownValues,
    extents: Mapping[int, int],
) -> bool:
    """Compute one op of the body; whether that was possible."""
    if isinstance(op, linalg.IndexOp):
        inside[op.results[0]] = _positions(op.dim.value, extents)
        return True
    if isinstance(op, arith.ConstantOp):
        inside[op.results[0]] = known.get(op.results[0])
        return inside[op.results[0]] is not None
    operands = [array for v in op.operands if (array := _look_up(v, inside, known)) is not None]
    if len(operands) < len(op.operands):
        return False
    if isinstance(op, cf.AssertOp):
        _check(op, operands[0])
        return True
    if len(op.results) != 1 or len(op.operation.regions):
        return False
    is_extract = isinstance(op, tensor.ExtractOp)
    result = _extract(*operands) if is_extract else evaluate(op, operands)
    inside[op.results[0]] = result
    return result is not None


def _look_up(
    value: ir.Value, inside: Mapping[ir.Value, Array | None], known: KnownValues
) -> Array | None:
    return inside[value] if value in inside else known.get(value)


def _positions(loop: int, extents: Mapping[int, int]) -> Array:
    shape = [extents[loop] if other == loop else 1 for other in range(len(extents))]
    return np.arange(extents[loop]).reshape(shape)


def _extract(array: Array, *indices: Array) -> Array | None:
    """Elements at these positions; outside of the tensor there is nothing."""
    pairs = zip(indices, array.shape, strict=True)
    inside = all(((index >= 0) & (index < extent)).all() for index, extent in pairs)
    return array[indices] if inside else None


def _check(op: cf.AssertOp, holds: Array) -> None:
    if not holds.all():
        message = f"this assertion fails for the constants of the program: {op.msg.value}"
        raise PassFailure(op.location, message)
