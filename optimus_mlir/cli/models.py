"""What the user calls MODEL: a file of MLIR, or `zoo:` and the name of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.files import load_module
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array

ZOO = "zoo:"


@dataclass(frozen=True, eq=False)
class Model:
    """A program, and what its results are compared with: `reference` computes them its own way."""

    name: str
    module: ir.Module
    reference_name: str
    reference: Callable[[Sequence[Array]], list[Array]]


def load_model(name: str, context: ir.Context) -> Model:
    if name.startswith(ZOO):
        return _from_zoo(name, context)
    module = load_module(name, context)
    original = _copy(module)
    return Model(name, module, "the plain lowering", lambda inputs: _run_plainly(original, inputs))


def _from_zoo(name: str, context: ir.Context) -> Model:
    from optimus_mlir.frontends.reference import run_torch
    from optimus_mlir.frontends.torch_import import import_torch
    from optimus_mlir.frontends.zoo import zoo_model

    try:
        network, inputs = zoo_model(name.removeprefix(ZOO))
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise OptimusError(f"{name} needs PyTorch: pip install 'optimus-mlir[torch]'") from None
    module = import_torch(network, inputs, context=context)
    return Model(name, module, "PyTorch", lambda arrays: run_torch(network, arrays))


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
