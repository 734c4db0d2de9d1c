"""An elementwise op joins the elementwise op that alone reads its result.

Before: %1 = generic{relu(x)}(%x), %2 = generic{a + b}(%1, %y)
After:  %2 = generic{relu(x) + b}(%x, %y)

MLIR's `linalg-fuse-elementwise-ops` also moves elementwise ops into contractions, which repeats
their work, and reshapes through named ops, which makes those generic.
"""

from optimus_mlir.analysis.structured import (
    Read,
    Structured,
    elementwise,
    has_one_use,
    is_identity,
    needs_positions,
    replaced,
    structured,
    structured_producer,
    top_level_ops,
)
from optimus_mlir.mlir import ir, linalg
from optimus_mlir.normalize.needed_operands import with_needed_operands


def merge_elementwise_ops(module: ir.Module) -> None:
    for op in top_level_ops(module):
        view = structured(op)
        if isinstance(op, linalg.GenericOp) and view and _pass_on_copied(view):
            continue
        while view is not None and view.is_elementwise:
            view = _merged_with_a_producer(with_needed_operands(view))


def _pass_on_copied(view: Structured) -> bool:
    """Let the readers of a generic that only copies read the original instead."""
    if not is_identity(view.maps[-1]) or view.computations:
        return False
    for argument, (value, indexing) in zip(view.arguments, view.reads(), strict=False):
        if view.yielded == argument and value.type == view.result.type and is_identity(indexing):
            view.result.replace_all_uses_with(value)
            view.op.operation.erase()
            return True
    return False


def _merged_with_a_producer(reader: Structured) -> Structured | None:
    for number in reader.identity_reads():
        inner = _elementwise_producer(reader, number)
        if inner is not None:
            return _merged(inner, reader, number)
    return None


def _elementwise_producer(reader: Structured, number: int) -> Structured | None:
    value = reader.operands[number]
    view = structured_producer(value)
    if view is None or not view.is_elementwise or not has_one_use(value):
        return None
    if needs_positions(view) or needs_positions(reader):
        return None  # such an op stays on the host, alone
    same_block = view.op.operation.block == reader.op.operation.block
    return view if same_block else None


def _merged(inner: Structured, reader: Structured, number: int) -> Structured:
    """One op in the place of `reader`, which reads `inner` as its operand `number`."""
    starting = inner if number == len(reader.maps) - 1 else reader  # gives the initial value
    reads: list[Read] = []
    arguments: list[ir.Value] = []
    for view in (inner, reader):
        for at, read in enumerate(view.reads()):
            is_start = view is starting and at == len(view.maps) - 1
            if not is_start and not (view is reader and at == number):
                reads.append(read)
                arguments.append(view.arguments[at])
    with ir.InsertionPoint(reader.op), reader.op.location:
        new = elementwise(reads, starting.initial)
    block = new.regions[0].blocks[0]
    for old, argument in zip([*arguments, starting.arguments[-1]], block.arguments, strict=True):
        old.replace_all_uses_with(argument)
    reader.arguments[number].replace_all_uses_with(inner.yielded)
    for op in [*inner.computations, *reader.body.operations]:
        block.append(op)
    merged = replaced(reader, new)
    inner.op.operation.erase()
    return merged
