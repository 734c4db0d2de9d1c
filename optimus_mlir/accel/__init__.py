"""The accelerator dialect, defined in Python."""

from optimus_mlir.mlir import register_dialect_loader


def _load() -> None:
    from optimus_mlir.accel.dialect import load  # the class bodies need a context's bindings

    load()


register_dialect_loader(_load)
