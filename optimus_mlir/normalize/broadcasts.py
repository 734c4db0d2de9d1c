"""Elementwise ops read what was broadcast from where it came, through their map.

Before: %b = linalg.broadcast(%bias) dimensions = [0, 2, 3], %y = generic{x + b}(%x, %b[n, k, h, w])
After:  %y = generic{x + b}(%x, %bias[k])
"""

from optimus_mlir.analysis.structured import (
    Read,
    Structured,
    is_identity,
    producer,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.mlir import ir, linalg
from optimus_mlir.normalize.known_values import repeated_scalar
from optimus_mlir.normalize.reshaped_reads import is_reshape, read_after_reshape


def read_before_broadcast(module: ir.Module) -> None:
    """Make elementwise generics independent of the copies that only repeat elements."""
    for op in top_level_ops(module):
        view = structured(op)
        if isinstance(op, linalg.GenericOp) and view and view.is_elementwise:
            maps = list(view.maps)
            with ir.InsertionPoint(op), op.location:
                for number, read in enumerate(view.reads()[: len(maps) - 1]):
                    op.operation.operands[number], maps[number] = original(read)
            op.attributes["indexing_maps"] = ir.ArrayAttr.get(
                [ir.AffineMapAttr.get(indexing) for indexing in maps]
            )


def scalars_into_bodies(module: ir.Module) -> None:
    """Let elementwise generics compute with the scalar that a uniform operand repeats."""
    for op in top_level_ops(module):
        view = structured(op)
        if not isinstance(op, linalg.GenericOp) or view is None or not view.is_elementwise:
            continue
        with ir.InsertionPoint(op), op.location:
            for argument, value in zip(view.arguments[:-1], view.operands, strict=False):
                if (scalar := repeated_scalar(value)) is not None:
                    argument.replace_all_uses_with(scalar)


def original(read: Read) -> Read:
    """The same elements, read from before they were broadcast.

    What was reshaped after the broadcast is now reshaped before, at the current insertion point.
    """
    value, indexing = read
    while (source := _broadcast_from(value)) is not None:
        value, inner = source
        axes = [axis.compose(indexing) for axis in inner.results]
        indexing = ir.AffineMap.get(indexing.n_dims, 0, axes)
    return value, indexing


def is_broadcast(view: Structured) -> bool:
    """Whether the op only repeats the elements of a tensor."""
    return _repeated_read(view) is not None


def _broadcast_from(value: ir.Value) -> Read | None:
    """What a broadcast, perhaps reshaped, repeats, and where from loops over `value`."""
    if is_reshape(reshape := producer(value)):
        inner = _broadcast_from(reshape.src)
        return None if inner is None else read_after_reshape(inner, reshape)
    view = structured_producer(value)
    return None if view is None else _repeated_read(view)


def _repeated_read(view: Structured) -> Read | None:
    if view.computations or not is_identity(view.maps[-1]):
        return None
    number = next((n for n, a in enumerate(view.arguments) if a == view.yielded), None)
    if number is None or not isinstance(view.operands[number].type, ir.RankedTensorType):
        return None
    indexing = view.maps[number]
    loops = {axis.position for axis in indexing.results if isinstance(axis, ir.AffineDimExpr)}
    return (view.operands[number], indexing) if len(loops) < indexing.n_dims else None
