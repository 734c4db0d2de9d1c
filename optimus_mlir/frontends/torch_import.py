"""A PyTorch model as linalg on tensors."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ml_dtypes

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context
from optimus_mlir.mlir.constants import Array
from optimus_mlir.mlir.diagnostics import diagnosed
from optimus_mlir.mlir.torch_door import import_program


def import_torch(
    module: Any, inputs: Sequence[Any] = (), *, context: ir.Context | None = None
) -> ir.Module:
    """The function `main` that computes `module(*inputs)` for inputs of these shapes and dtypes.

    `module` is an nn.Module in evaluation mode, or an ExportedProgram (which needs no inputs).
    The weights are copied: training goes on without touching what was imported.
    """
    name = type(module).__name__
    if getattr(module, "training", False):
        raise OptimusError(f"{name} is in training mode: call its eval() first")
    try:
        with _without_warnings_of_torch_about_itself():
            return import_program(_export(module, inputs), _values_of, context or new_context())
    except ir.MLIRError as error:
        raise diagnosed(error, f"lowering {name} to linalg") from error
    except Exception as error:
        reason = str(error).split("\n\n")[0] or type(error).__name__  # then come hints and stacks
        raise OptimusError(f"cannot import {name} from PyTorch: {reason}") from error


def _export(module: Any, inputs: Sequence[Any]) -> Any:
    import torch

    if isinstance(module, torch.export.ExportedProgram):
        return module
    return torch.export.export(module, tuple(inputs), strict=False)


@contextmanager
def _without_warnings_of_torch_about_itself() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*treespec.* is deprecated", FutureWarning)
        yield


def _values_of(literal: Any) -> Array | None:
    import torch

    if not isinstance(literal, torch.Tensor):
        return None
    literal = literal.detach().cpu()
    if literal.dtype == torch.bfloat16:  # which torch does not hand to NumPy
        return literal.contiguous().view(torch.int16).numpy().copy().view(ml_dtypes.bfloat16)
    return literal.numpy().copy()
