"""Appending arguments to functions."""

from __future__ import annotations

from collections.abc import Sequence

from optimus_mlir.mlir import ir


def add_arguments(function: ir.Operation, types: Sequence[ir.Type]) -> list[ir.Value]:
    """Append arguments to a function."""
    block = function.regions[0].blocks[0]
    added = [block.add_argument(t, function.location) for t in types]
    kind = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
    changed = ir.FunctionType.get([*kind.inputs, *types], list(kind.results))
    function.attributes["function_type"] = ir.TypeAttr.get(changed)
    return added
