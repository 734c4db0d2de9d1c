"""Accelerators: what the compiler must know of the hardware it compiles for."""

from optimus_mlir.target.accelerator import (
    Accelerator,
    load_accelerator,
    parse_bytes,
    preset_names,
    with_fields,
)

__all__ = ["Accelerator", "load_accelerator", "parse_bytes", "preset_names", "with_fields"]
