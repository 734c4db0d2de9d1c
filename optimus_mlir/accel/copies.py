"""Functions that copy boxes: each layout once, so that LLVM sees calls and not loops."""

from __future__ import annotations

from collections.abc import Sequence

from optimus_mlir.mlir import func, ir, linalg


class CopyFunctions:
    """Functions that copy a box, one for each pair of layouts."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self._names: dict[str, str] = {}

    def name_of(self, types: Sequence[ir.Type]) -> str:
        key = " ".join(map(str, types))
        if key not in self._names:
            self._names[key] = f"copy_{len(self._names)}"
            with ir.InsertionPoint(self.module.body), ir.Location.unknown():
                kind = ir.FunctionType.get(list(types), [])
                function = func.FuncOp(self._names[key], kind, visibility="private")
                keep_apart(function.operation)
            with ir.InsertionPoint(function.add_entry_block()), ir.Location.unknown():
                linalg.copy(function.arguments[0], outs=[function.arguments[1]])
                func.ReturnOp([])
        return self._names[key]


def keep_apart(function: ir.Operation) -> None:
    """Inlined everywhere, kernels and copies would take LLVM many times as long."""
    function.attributes["llvm.no_inline"] = ir.UnitAttr.get()
