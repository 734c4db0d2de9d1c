"""The only door to `torch_mlir`: contexts, passes, pipelines, diagnostics, and thin wrappers.

`from optimus_mlir.mlir import ir, linalg` works for `ir` and every upstream module in `_UPSTREAM`;
each is imported when first asked for, since the dialects together take longer than a small compile.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from torch_mlir import ir

from optimus_mlir.mlir.context import load_once, new_context, register_dialect_loader
from optimus_mlir.mlir.diagnostics import Diagnostic, remark, warning
from optimus_mlir.mlir.pass_base import CompositePass, Pass, Step, option
from optimus_mlir.mlir.patterns import NO_MATCH, rewrite_greedily, rewrite_once
from optimus_mlir.mlir.pipeline import parse_pipeline
from optimus_mlir.mlir.run import run_passes

if TYPE_CHECKING:
    from torch_mlir import execution_engine, passmanager, rewrite, runtime
    from torch_mlir.dialects import (
        affine,
        arith,
        bufferization,
        builtin,
        cf,
        ext,
        func,
        linalg,
        llvm,
        math,
        memref,
        scf,
        tensor,
        torch,
        transform,
        vector,
    )
    from torch_mlir.dialects.transform import structured

_UPSTREAM = {
    name: f"torch_mlir.{name}" for name in ("execution_engine", "passmanager", "rewrite", "runtime")
} | {
    name: f"torch_mlir.dialects.{name}"
    for name in (
        *("affine", "arith", "bufferization", "builtin", "cf", "ext", "func", "linalg", "llvm"),
        *("math", "memref", "scf", "tensor", "torch", "transform", "vector"),
    )
}
_UPSTREAM["structured"] = "torch_mlir.dialects.transform.structured"

__all__ = [
    "NO_MATCH",
    "CompositePass",
    "Diagnostic",
    "Pass",
    "Step",
    "affine",
    "arith",
    "bufferization",
    "builtin",
    "cf",
    "execution_engine",
    "ext",
    "func",
    "ir",
    "linalg",
    "llvm",
    "load_once",
    "math",
    "memref",
    "new_context",
    "option",
    "parse_pipeline",
    "passmanager",
    "register_dialect_loader",
    "remark",
    "rewrite",
    "rewrite_greedily",
    "rewrite_once",
    "run_passes",
    "runtime",
    "scf",
    "structured",
    "tensor",
    "torch",
    "transform",
    "vector",
    "warning",
]


def __getattr__(name: str) -> Any:
    if name in _UPSTREAM:
        return import_module(_UPSTREAM[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
