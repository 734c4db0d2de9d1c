"""Ops start from a fill; what a convolution or contraction started from is added afterwards.

Before: %y = conv(%x, %w) outs(%initial)
After:  %z = conv(%x, %w) outs(zeros), %y = generic{z + b} ins(%initial) outs(%z)
where `initial` is read from before it was broadcast.
"""

from optimus_mlir.analysis.structured import (
    Structured,
    elementwise,
    empty_like,
    has_one_use,
    is_fill,
    producer,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.mlir import arith, ir, linalg, tensor
from optimus_mlir.normalize.broadcasts import original
from optimus_mlir.normalize.known_values import KnownValues, repeated_scalar

ADDITIONS = (arith.AddFOp, arith.AddIOp)


def start_from_fills(module: ir.Module) -> None:
    """Give every op with a uniform start, and every anchor that adds to its start, a fill for it."""
    for op in top_level_ops(module):
        view = structured(op)
        if view is None or _starts_from_fill(view):
            continue
        with ir.InsertionPoint(op), op.location:
            if not view.reads_initial:
                _replace_initial(view, empty_like(view.result))
            elif (scalar := repeated_scalar(view.initial)) is not None:
                _replace_initial(view, _filled(view, scalar))
            elif _accumulates_sums(view):
                _add_last(view)


def starts_from_zero(view: Structured, known: KnownValues) -> bool:
    scalar = _fill_value(view)
    return scalar is not None and scalar in known and known[scalar] == 0


def _accumulates_sums(view: Structured) -> bool:
    if not (linalg.isa_contraction_op(view.op) or linalg.isa_convolution_op(view.op)):
        return False
    total = producer(view.yielded)
    accumulator = view.arguments[-1]
    return (
        isinstance(total, ADDITIONS) and accumulator in total.operands and has_one_use(accumulator)
    )


def _starts_from_fill(view: Structured) -> bool:
    """Also if the start is undefined, which is the program's fault."""
    return _fill_value(view) is not None or isinstance(producer(view.initial), tensor.EmptyOp)


def _fill_value(view: Structured) -> ir.Value | None:
    fill = structured_producer(view.initial)
    return fill.operands[0] if fill and is_fill(fill) else None


def _filled(view: Structured, scalar: ir.Value) -> ir.Value:
    return linalg.fill(scalar, outs=[empty_like(view.result)])


def _replace_initial(view: Structured, value: ir.Value) -> None:
    view.op.operation.operands[len(view.maps) - 1] = value


def _add_last(view: Structured) -> None:
    identity = ir.AffineMap.get_identity(view.result.type.rank)
    read = original((view.initial, identity))
    kind = view.result.type.element_type
    zero = arith.constant(kind, 0 if isinstance(kind, ir.IntegerType) else 0.0)
    _replace_initial(view, _filled(view, zero))
    addition = type(producer(view.yielded))
    with ir.InsertionPoint.after(view.op), view.op.location:
        total = elementwise([read], view.result)
        with ir.InsertionPoint(total.regions[0].blocks[0]):
            term, accumulator = total.regions[0].blocks[0].arguments
            linalg.YieldOp([addition(accumulator, term).result])
    view.result.replace_all_uses_except(total.results[0], total.operation)
