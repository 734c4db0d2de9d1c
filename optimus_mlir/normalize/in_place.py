"""An elementwise op overwrites an operand that nobody else reads: the form of an epilogue.

Before: %y = generic{c + b} ins(%conv, %bias) outs(%empty)
After:  %y = generic{c + b} ins(%bias) outs(%conv)
"""

from optimus_mlir.analysis.structured import (
    Structured,
    elementwise,
    has_one_use,
    is_fill,
    move_body,
    needs_positions,
    replaced,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.mlir import ir


def compute_in_place(module: ir.Module) -> None:
    """Let elementwise ops accumulate in the result of an op of linalg, the last one if several."""
    for op in top_level_ops(module):
        view = structured(op)
        if view is None or not view.is_elementwise or view.reads_initial:
            continue
        if (number := _last_private_operand(view)) is not None:
            _overwrite(view, number)


def _last_private_operand(view: Structured) -> int | None:
    last: tuple[ir.Operation, int] | None = None
    for number in view.identity_reads():
        value = view.operands[number]
        inner = structured_producer(value)
        if inner is None or is_fill(inner) or needs_positions(inner) or not has_one_use(value):
            continue
        if value.type != view.result.type:
            continue
        op = inner.op.operation
        if last is None or last[0].is_before_in_block(op):
            last = op, number
    return last and last[1]


def _overwrite(view: Structured, number: int) -> None:
    reads = view.reads()
    target, _ = reads.pop(number)
    with ir.InsertionPoint(view.op), view.op.location:
        new = elementwise(reads, target)
    arguments = view.arguments[:-1]
    arguments.append(arguments.pop(number))
    move_body(view, arguments, new.regions[0].blocks[0])
    replaced(view, new)
