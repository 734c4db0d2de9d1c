"""Modules from files."""

from pathlib import Path

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.onnx_import import SUFFIX, import_onnx
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.diagnostics import diagnosed


def load_module(path: str | Path, context: ir.Context) -> ir.Module:
    """The module in a file: MLIR text or bytecode, whichever its content says, or .onnx."""
    path = Path(path)
    if path.is_dir():
        raise OptimusError(f"{path}: is a directory: give a file of MLIR text or bytecode")
    if not path.exists():
        raise OptimusError(f"{path}: no such file")
    if path.suffix == SUFFIX:
        return import_onnx(path, context)
    try:
        with context:
            return ir.Module.parseFile(str(path))
    except ir.MLIRError as error:
        raise diagnosed(error, f"parsing {path}") from None
