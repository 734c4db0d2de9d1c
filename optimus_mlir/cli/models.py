"""What the user calls MODEL: a file of MLIR, ONNX or PyTorch, or a network of the zoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.files import load_module
from optimus_mlir.frontends.reference import to_numpy
from optimus_mlir.frontends.torch_files import TorchModel, is_torch_file, load_torch_file
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array

ZOO = "zoo:"
Loaded = TypeVar("Loaded")


@dataclass(frozen=True, eq=False)
class Model:
    """A program, and what its results are compared with: `reference` computes them its own way.

    `inputs` are those that came with it, if some did.
    """

    name: str
    module: ir.Module
    reference_name: str
    reference: Callable[[Sequence[Array]], list[Array]]
    inputs: list[Array] | None = None


def load_model(name: str, context: ir.Context) -> Model:
    if name.startswith(ZOO):
        network, inputs = _of_torch(name, partial(zoo_model, name.removeprefix(ZOO)))
        return _import(name, TorchModel.of(network, inputs), context)
    if is_torch_file(name):
        model = _of_torch(name, partial(load_torch_file, name))
        return replace(_import(name, model, context), inputs=[*map(to_numpy, model.inputs)])
    module = load_module(name, context)
    original = _copy(module)
    return Model(name, module, "the plain lowering", lambda inputs: _run_plainly(original, inputs))


def _import(name: str, model: TorchModel, context: ir.Context) -> Model:
    module = import_torch(model.network, model.inputs, context=context)
    return Model(name, module, "PyTorch", model.run)


def _of_torch(name: str, load: Callable[[], Loaded]) -> Loaded:
    try:
        return load()
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise OptimusError(f"{name} needs PyTorch: pip install 'optimus-mlir[torch]'") from None


def _run_plainly(module: ir.Module, inputs: Sequence[Array]) -> list[Array]:
    from optimus_mlir.runtime.plain import run_plainly

    return run_plainly(module, inputs)


def _copy(module: ir.Module) -> ir.Module:
    """The same program once more; constants are shared."""
    with module.context, ir.Location.unknown():
        copy = ir.Module.create()
        for op in module.body.operations:
            op.operation.clone(ir.InsertionPoint(copy.body))
    return copy
