"""ONNX files as linalg on tensors."""

from pathlib import Path

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.diagnostics import diagnosed
from optimus_mlir.mlir.onnx_door import import_onnx_model

SUFFIX = ".onnx"


def import_onnx(path: Path, context: ir.Context) -> ir.Module:
    """The function `main` that the file's graph is."""
    try:
        import onnx
    except ModuleNotFoundError:
        raise OptimusError(f"{path} needs onnx: pip install 'optimus-mlir[onnx]'") from None
    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(path))
    except Exception as error:  # protobuf's and onnx's own, which share no base
        raise OptimusError(
            f"{path}: not a valid ONNX file: {str(error).splitlines()[0]}"
        ) from error
    try:
        return import_onnx_model(model, context)
    except ir.MLIRError as error:
        raise diagnosed(error, f"lowering {path} to linalg") from error
