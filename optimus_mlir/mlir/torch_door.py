"""Torch-MLIR's importer. It needs PyTorch, so it is imported inside the calls."""

from collections.abc import Callable
from typing import Any

from torch_mlir import ir
from torch_mlir.passmanager import PassManager

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir.constants import Array, constant_attribute

TORCH_TO_LINALG = (
    "builtin.module(func.func(torch-match-quantized-custom-ops),"
    "torchdynamo-export-to-torch-backend-pipeline,"
    "torch-backend-to-linalg-on-tensors-backend-pipeline)"
)

ValuesOf = Callable[[Any], Array | None]


def import_program(program: Any, values_of: ValuesOf, context: ir.Context) -> ir.Module:
    """An ExportedProgram as the function `main` of linalg on tensors.

    `values_of` gives the values of a tensor, or None to leave a literal to Torch-MLIR, which turns
    each element into a Python number and takes 8 s for a ResNet-18.
    """
    from torch_mlir.dialects import torch as torch_dialect
    from torch_mlir.extras.fx_decomp_util import get_decomposition_table
    from torch_mlir.extras.fx_importer import FxImporter

    torch_dialect.register_dialect(context)
    importer = FxImporter(context=context, hooks=_literals_from_memory(values_of))
    importer.import_program(program.run_decompositions(get_decomposition_table()))
    with context:
        PassManager.parse(TORCH_TO_LINALG).run(importer.module.operation)
    return importer.module


def _literals_from_memory(values_of: ValuesOf) -> Any:
    from torch_mlir.extras.fx_importer import FxImporterHooks, create_mlir_tensor_type

    class LiteralsFromMemory(FxImporterHooks):
        """Makes weights resources, called like the parameter; refuses to change state."""

        def resolve_literal(self, _gni: Any, literal: Any, info: Any) -> ir.Value | None:
            if (values := values_of(literal)) is None:
                return None
            name = info.input_spec.target if info else "constant"
            shaped = ir.RankedTensorType(create_mlir_tensor_type(literal))
            return _literal(values, name, shaped.element_type)

        def store_produced_value(self, _gni: Any, _old: Any, _new: Any, info: Any) -> None:
            raise OptimusError(
                f"it writes its buffer '{info.input_spec.target}': return the new value instead"
            )

    return LiteralsFromMemory()


def _literal(values: Array, name: str, element_type: ir.Type) -> ir.Value:
    """A constant of the torch dialect, whose integers have a sign; linalg drops it again."""
    shape = ",".join(map(str, values.shape))
    tensor_type = ir.Type.parse(f"!torch.vtensor<[{shape}],{element_type}>")
    value = constant_attribute(values, name, ir.Context.current, element_type)
    literal = ir.Operation.create(
        "torch.vtensor.literal", results=[tensor_type], attributes={"value": value}
    )
    return literal.result
