"""Torch-MLIR's importer of ONNX. It needs the package `onnx`, so it is imported inside the call."""

from typing import Any

from torch_mlir import ir
from torch_mlir.passmanager import PassManager

ONNX_TO_LINALG = (
    "builtin.module(torch-onnx-to-torch-backend-pipeline,"
    "torch-backend-to-linalg-on-tensors-backend-pipeline)"
)


def import_onnx_model(model: Any, context: ir.Context) -> ir.Module:
    """A ModelProto with inferred shapes as the function `main` of linalg on tensors."""
    from torch_mlir.dialects import torch as torch_dialect
    from torch_mlir.extras.onnx_importer import ModelInfo, NodeImporter

    torch_dialect.register_dialect(context)
    model.graph.name = "main"
    info = ModelInfo(model)
    with context:
        module = ir.Module.create(ir.Location.unknown())
    NodeImporter.define_function(info.main_graph, module.operation).import_all()
    with context:
        PassManager.parse(ONNX_TO_LINALG).run(module.operation)
    return module
