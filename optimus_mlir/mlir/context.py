"""MLIR contexts that know our dialects and give the same output on every run."""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

import torch_mlir._mlir_libs._torchMlir  # noqa: F401 # registers torch-mlir's passes
from torch_mlir import ir
from torch_mlir.passmanager import PassManager

_dialect_loaders: list[Callable[[], None]] = []


def new_context(*, allow_unregistered_dialects: bool = False) -> ir.Context:
    """A context for one compilation: single-threaded, and unknown dialects are errors by default."""
    context = ir.Context()
    context.allow_unregistered_dialects = allow_unregistered_dialects
    context.enable_multithreading(False)  # passes and handlers in Python, messages in order
    _load_tm_tensor(context)
    load_registered_dialects(context)
    return context


def _load_tm_tensor(context: ir.Context) -> None:
    """Torch-MLIR's dialect of sorts and scans, which comes only with a pass that needs it."""
    with context, ir.Location.unknown():
        needs_it = PassManager.parse("builtin.module(func.func(tm-tensor-bufferize))")
        needs_it.run(ir.Module.create().operation)


def register_dialect_loader(load: Callable[[], None]) -> None:
    """Call `load()` with every context that `new_context` or `run_passes` gets to see.

    A dialect defined in Python registers itself so, since this layer must not import it. It is
    called again and again for one context: see `load_once`.
    """
    if load not in _dialect_loaders:
        _dialect_loaders.append(load)


def load_registered_dialects(context: ir.Context) -> None:
    with context, ir.Location.unknown():
        for load in _dialect_loaders:
            load()


def load_once(dialect: Any) -> None:
    """Load an `ext.Dialect` into the current context, unless it is there already."""
    from torch_mlir.dialects import ext

    with suppress(ext.DialectAlreadyLoadedError):
        dialect.load()
    # the bindings look for this module each time they meet an op of the dialect: let them find one
    sys.modules.setdefault(f"torch_mlir.dialects.{dialect.DIALECT_NAMESPACE}", ModuleType(""))
