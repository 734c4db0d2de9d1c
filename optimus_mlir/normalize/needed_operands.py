"""Elementwise ops read only what they compute with, and each element once.

Before: %y = generic{x * exp(z)} ins(%a, %a, %unused)
After:  %y = generic{x * exp(x)} ins(%a)
"""

from optimus_mlir.analysis.structured import (
    Read,
    Structured,
    elementwise,
    is_used,
    move_body,
    replaced,
    structured,
    top_level_ops,
)
from optimus_mlir.mlir import ir


def drop_needless_operands(module: ir.Module) -> None:
    for op in top_level_ops(module):
        view = structured(op)
        if view is not None and view.is_elementwise:
            with_needed_operands(view)


def with_needed_operands(view: Structured) -> Structured:
    """The op without the operands that its body ignores, or reads twice as in `ins(%x, %x)`."""
    inputs, initial = view.arguments[:-1], view.arguments[-1]
    reads = list(zip(view.operands, view.maps, strict=True))
    kept: dict[Read, ir.BlockArgument] = {reads[-1]: initial} if view.reads_initial else {}
    for argument, read in zip(inputs, reads, strict=False):
        if is_used(argument) and kept.setdefault(read, argument) != argument:
            argument.replace_all_uses_with(kept[read])
    arguments = [argument for argument in kept.values() if argument != initial]
    if len(arguments) == len(inputs):
        return view
    with ir.InsertionPoint(view.op), view.op.location:
        needed = [read for read, argument in kept.items() if argument != initial]
        new = elementwise(needed, view.initial)
    move_body(view, [*arguments, initial], new.regions[0].blocks[0])
    return replaced(view, new)
