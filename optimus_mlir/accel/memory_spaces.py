"""Changing the memory spaces of a function's buffers, in the types of all its values."""

from __future__ import annotations

from collections.abc import Callable

from optimus_mlir.mlir import ir


def set_memory_spaces(root: ir.Operation, change: Callable[[ir.Type], ir.Type]) -> None:
    """Give every value inside `root`, and every function type, the type that `change` makes of it."""

    def visit(op: ir.Operation) -> ir.WalkResult:
        arguments = [a for region in op.regions for block in region.blocks for a in block.arguments]
        for value in (*op.results, *arguments):
            changed = change(value.type)
            if changed != value.type:
                value.set_type(changed)
        if op.name == "func.func":
            kind = ir.FunctionType(ir.TypeAttr(op.attributes["function_type"]).value)
            changed = ir.FunctionType.get(
                [change(t) for t in kind.inputs], [change(t) for t in kind.results]
            )
            op.attributes["function_type"] = ir.TypeAttr.get(changed)
        return ir.WalkResult.ADVANCE

    root.walk(visit)
