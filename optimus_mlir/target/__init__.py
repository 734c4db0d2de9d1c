"""Accelerators: what the compiler must know of the hardware it compiles for."""

from optimus_mlir.target.accelerator import Accelerator
from optimus_mlir.target.dataflow import OPERANDS, ROLES, Dataflow, Operand, Role
from optimus_mlir.target.files import json_schema, load_accelerator, preset_names, with_fields
from optimus_mlir.target.sizes import parse_bytes

__all__ = [
    "OPERANDS",
    "ROLES",
    "Accelerator",
    "Dataflow",
    "Operand",
    "Role",
    "json_schema",
    "load_accelerator",
    "parse_bytes",
    "preset_names",
    "with_fields",
]
