"""A generic op with several results loses those that nobody reads.

Before: %m:2 = generic{max, position of max}, and only %m#0 is read (a softmax, as imported)
After:  %m = generic{max}
"""

from __future__ import annotations

from optimus_mlir.analysis.structured import element_type, is_used, top_level_ops
from optimus_mlir.mlir import ir, linalg


def drop_needless_results(module: ir.Module) -> None:
    for op in top_level_ops(module):
        if isinstance(op, linalg.GenericOp) and len(op.results) > 1:
            _drop(op)


def _drop(op: linalg.GenericOp) -> None:
    kept = [number for number, result in enumerate(op.results) if _is_needed(op, number)]
    if len(kept) == len(op.results) or not kept:
        return
    inputs = len(op.operands) - len(op.results)
    maps = list(op.attributes["indexing_maps"])
    operands = [*range(inputs), *(inputs + number for number in kept)]
    with ir.InsertionPoint(op), op.location:
        new = linalg.GenericOp(
            [op.results[n].type for n in kept],
            list(op.operands)[:inputs],
            [op.operands[inputs + n] for n in kept],
            indexing_maps=ir.ArrayAttr.get([maps[number] for number in operands]),
            iterator_types=op.attributes["iterator_types"],
        )
    _move_body(op, new, operands, kept)
    for number, result in zip(kept, new.results, strict=True):
        op.results[number].replace_all_uses_with(result)
    op.operation.erase()


def _is_needed(op: linalg.GenericOp, number: int) -> bool:
    """Whether somebody reads the result, or the body computes another from what it held."""
    (yielded,) = _terminators(op)
    held = op.regions[0].blocks[0].arguments[len(op.operands) - len(op.results) + number]
    if is_used(op.results[number]):
        return True
    return any(reads for use in held.uses if (reads := not _only_feeds(use.owner, yielded, number)))


def _only_feeds(op: ir.OpView, end: ir.OpView, number: int) -> bool:
    """Whether all that an op of the body computes goes into one result."""
    if op.operation == end.operation:
        return list(end.operands).count(end.operands[number]) == 1
    uses = [use for result in op.operation.results for use in result.uses]
    return all(
        use.operand_number == number
        if use.owner.operation == end.operation
        else _only_feeds(use.owner, end, number)
        for use in uses
    )


def _terminators(op: linalg.GenericOp) -> list[ir.OpView]:
    return list(op.regions[0].blocks[0].operations)[-1:]


def _move_body(
    op: linalg.GenericOp, new: linalg.GenericOp, operands: list[int], kept: list[int]
) -> None:
    elements = [element_type(value) for value in new.operands]
    block = new.regions[0].blocks.append(*elements, arg_locs=[op.location] * len(elements))
    old = op.regions[0].blocks[0]
    (end,) = _terminators(op)
    with ir.InsertionPoint(end), end.location:
        linalg.YieldOp([end.operands[number] for number in kept])
    end.operation.erase()
    for number, argument in zip(operands, block.arguments, strict=True):
        old.arguments[number].replace_all_uses_with(argument)
    for inner in reversed(list(old.operations)):  # last first: an op without uses may go
        if inner.operation.results and not any(is_used(r) for r in inner.operation.results):
            inner.operation.erase()
    for inner in list(old.operations):
        block.append(inner)
