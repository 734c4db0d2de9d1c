"""The weights of a program: large constants, which `main` takes as arguments when it is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimus_mlir.accel.arguments import add_arguments
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import arith, ir
from optimus_mlir.mlir.constants import read_constants

Array = np.ndarray[Any, Any]


def main_of(module: ir.Module) -> ir.Operation:
    for op in module.body.operations:
        if op.operation.name == "func.func" and op.sym_name.value == "main":
            return op.operation
    raise OptimusError("no function @main to run")


def weights_of(module: ir.Module) -> list[Array]:
    """The values of the constants that `main` uses, in the order of its uses."""
    values = {
        op.sym_name.value: op.operation.attributes["initial_value"]
        for op in module.body.operations
        if op.operation.name == "memref.global"
    }
    uses = _uses(module)
    with module.context, ir.Location.unknown():
        holder = ir.Module.create()
        with ir.InsertionPoint(holder.body):
            constants = [
                arith.ConstantOp(_tensor_type(use.results[0].type), values[_global(use)])
                for use in uses
            ]
        return read_constants(constants)


def weights_as_arguments(module: ir.Module) -> None:
    """Give `main` an argument for every use; inside of a module constants take LLVM seconds."""
    uses = _uses(module)
    types = [use.results[0].type for use in uses]
    for use, argument in zip(uses, add_arguments(main_of(module), types), strict=True):
        use.results[0].replace_all_uses_with(argument)
        use.erase()
    for op in list(module.body.operations):
        if op.operation.name == "memref.global":
            op.operation.erase()


def _uses(module: ir.Module) -> list[ir.Operation]:
    return allocations_in(main_of(module), "memref.get_global")


def _global(use: ir.Operation) -> str:
    return ir.FlatSymbolRefAttr(use.attributes["name"]).value


def _tensor_type(buffer: ir.MemRefType) -> ir.Type:
    return ir.RankedTensorType.get(buffer.shape, buffer.element_type)
