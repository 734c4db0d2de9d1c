"""An elementwise op joins the ops that read each of its elements once, as in a sum.

Before: %d = generic{(x - m) * (x - m)}(%x, %mean), %v = generic{sum}(%d)
After:  %v = generic{sum of (x - m) * (x - m)}(%x, %mean)

A cheap op of one tensor, such as a conversion, joins several readers.
"""

from __future__ import annotations

from optimus_mlir.analysis.structured import (
    Read,
    Structured,
    dims_of,
    generic,
    has_one_use,
    is_fill,
    loop_kinds,
    move_body,
    needs_positions,
    replaced,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.mlir import ir

MOST_OPS_REPEATED = 2


def merge_prologues(module: ir.Module) -> None:
    for op in reversed(list(top_level_ops(module))):  # a reader is replaced: it was visited before
        view = structured(op)
        if view is not None and _can_move(view):
            readers = [(structured(use.owner), use.operand_number) for use in view.result.uses]
            if all(r and _reads_once(r, at) and _shows_loops(view, r, at) for r, at in readers):
                _merge_into_readers(view)


def _can_move(view: Structured) -> bool:
    """Whether the op is elementwise, not an anchor's epilogue, and worth computing at its readers."""
    if not view.is_elementwise or view.reads_initial or needs_positions(view) or _is_epilogue(view):
        return False
    return has_one_use(view.result) or _is_cheap(view)


def _is_epilogue(view: Structured) -> bool:
    """Whether the result of an anchor that nobody else reads could be overwritten."""
    for number in view.identity_reads():
        inner = structured_producer(view.operands[number])
        if inner and not is_fill(inner) and has_one_use(view.operands[number]):
            return True
    return False


def _is_cheap(view: Structured) -> bool:
    tensors = [v for v, m in view.reads() if isinstance(v.type, ir.RankedTensorType) and m.results]
    of_arith = all(op.operation.name.startswith("arith.") for op in view.computations)
    return len(tensors) == 1 and of_arith and len(view.computations) <= MOST_OPS_REPEATED


def _reads_once(reader: Structured, number: int) -> bool:
    """Whether the operand is an input, and every iteration reads another element of it."""
    if number >= len(reader.maps) - 1 or needs_positions(reader):
        return False
    dims = dims_of(reader.maps[number])
    return dims is not None and len(dims) == reader.maps[number].n_dims


def _shows_loops(view: Structured, reader: Structured, number: int) -> bool:
    """Whether MLIR would still find the extent of every loop of the reader in an operand's shape."""
    kept = [*reader.maps[:number], *reader.maps[number + 1 :]]
    moved = [_composed(m, reader.maps[number]) for _, m in view.reads()]
    axes = (axis for m in (*kept, *moved) for axis in m.results)
    shown = {axis.position for axis in axes if isinstance(axis, ir.AffineDimExpr)}
    return len(shown) == reader.maps[number].n_dims


def _merge_into_readers(view: Structured) -> None:
    while (use := next(iter(view.result.uses), None)) is not None:
        reader = structured(use.owner)
        assert reader is not None
        _merge(view, reader, use.operand_number)
    view.op.operation.erase()


def _merge(view: Structured, reader: Structured, number: int) -> Structured:
    through = reader.maps[number]
    moved: list[Read] = [(v, _composed(m, through)) for v, m in view.reads()]
    operands = list(zip(reader.operands, reader.maps, strict=True))
    arguments = reader.arguments
    kept = [*operands[:number], *operands[number + 1 :]]
    with ir.InsertionPoint(reader.op), reader.op.location:
        new = generic([*moved, *kept], loop_kinds(reader))
    block = new.regions[0].blocks[0]
    value = _copy_body(view, list(block.arguments)[: len(moved)], block)
    arguments.pop(number).replace_all_uses_with(value)
    for old, argument in zip(arguments, list(block.arguments)[len(moved) :], strict=True):
        old.replace_all_uses_with(argument)
    move_body(reader, [], block)
    return replaced(reader, new)


def _composed(outer: ir.AffineMap, inner: ir.AffineMap) -> ir.AffineMap:
    axes = [axis.compose(inner) for axis in outer.results]
    return ir.AffineMap.get(inner.n_dims, 0, axes)


def _copy_body(view: Structured, arguments: list[ir.Value], block: ir.Block) -> ir.Value:
    """What the body computes, once more at the end of `block`."""
    values: dict[ir.Value, ir.Value] = dict(zip(view.arguments, arguments, strict=False))
    with ir.InsertionPoint(block):
        for op in view.computations:
            copy = op.operation.clone()
            for at, operand in enumerate(copy.operation.operands):
                copy.operation.operands[at] = values.get(operand, operand)
            values |= dict(zip(op.operation.results, copy.operation.results, strict=True))
    return values.get(view.yielded, view.yielded)
