"""Output files, written whole or not at all."""

import os
import sys
from pathlib import Path

from optimus_mlir.errors import OptimusError

STANDARD_STREAM = "-"


def write_output(path: str, output: bytes) -> None:
    """Write to a file, or to stdout for `-`; a file appears, or changes, only when all is there."""
    if path == STANDARD_STREAM:
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()
        return
    try:
        _write_file(Path(path), output)
    except OSError as error:
        raise OptimusError(f"cannot write {path}: {error.strerror}") from None


def _write_file(path: Path, output: bytes) -> None:
    if path.exists() and not path.is_file():  # a device, say: nothing to replace
        path.write_bytes(output)
        return
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(output)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
