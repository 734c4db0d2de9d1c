"""Elementwise ops run before a reshape, next to the anchor whose result they read.

Before: %r = tensor.expand_shape %matmul, %y = generic{relu(x)}(%r)
After:  %1 = generic{relu(x)}(%matmul), %y = tensor.expand_shape %1
"""

from optimus_mlir.analysis.structured import (
    Structured,
    elementwise,
    has_one_use,
    is_fill,
    move_body,
    producer,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.normalize.broadcasts import is_broadcast
from optimus_mlir.normalize.reshaped_reads import is_reshape, read_before_reshape, reshaped


def reshape_last(module: ir.Module) -> None:
    """Move elementwise ops before the reshape of a result that nobody else reads."""
    for op in top_level_ops(module):
        view = structured(op)
        while view is not None and view.is_elementwise and not _looks_at_positions(view):
            number = _last_private_operand(view)
            if number is None or not is_reshape(producer(view.operands[number])):
                break
            if not _read_before_both(view, number):
                view = _moved_before_reshape(view, number)


def _looks_at_positions(view: Structured) -> bool:
    return any(isinstance(op, linalg.IndexOp) for op in view.computations)


def _last_private_operand(view: Structured) -> int | None:
    """The operand computed last, through a reshape or not, of those that nobody else reads."""
    last: tuple[ir.Operation, int] | None = None
    for number in view.identity_reads():
        if (op := _private_source(view.operands[number])) is None:
            continue
        if last is None or last[0].is_before_in_block(op):
            last = op, number
    return last and last[1]


def _private_source(value: ir.Value) -> ir.Operation | None:
    while has_one_use(value):
        if is_reshape(op := producer(value)):
            value = op.src
            continue
        view = structured_producer(value)
        return None if view is None or is_fill(view) or is_broadcast(view) else view.op.operation
    return None


def _read_before_both(view: Structured, number: int) -> bool:
    """Read what was reshaped and reshaped back where it came from, if that is what happened."""
    back = producer(view.operands[number])
    there = producer(back.src)
    if not is_reshape(there) or there.src.type != back.result.type:
        return False
    if there.attributes["reassociation"] != back.attributes["reassociation"]:
        return False
    view.op.operands[number] = there.src
    back.operation.erase()  # nobody else reads them, and they would count as readers
    there.operation.erase()
    return True


def _moved_before_reshape(view: Structured, number: int) -> Structured | None:
    reshape = producer(view.operands[number])
    source = reshape.src
    others = view.reads()
    others.pop(number)
    with ir.InsertionPoint(view.op), view.op.location:
        moved = [read_before_reshape(read, reshape) for read in others]
        reads = [read for read in moved if read is not None]
        if len(reads) < len(others):
            return None
        reads.insert(number, (source, ir.AffineMap.get_identity(source.type.rank)))
        kind = view.result.type.element_type
        early = elementwise(reads, tensor.EmptyOp(source.type.shape, kind).result)
        move_body(view, view.arguments[: len(reads)], early.regions[0].blocks[0])
        view.result.replace_all_uses_with(reshaped(early.results[0], reshape))
    view.op.operation.erase()
    reshape.operation.erase()  # it would count as a reader
    return structured(early)
