"""MLIR's and torch-mlir's own passes, by the text of a pipeline."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch_mlir import ir
from torch_mlir.passmanager import PassManager

from optimus_mlir.errors import OptimusError, did_you_mean
from optimus_mlir.mlir import registry
from optimus_mlir.mlir.diagnostics import diagnosed
from optimus_mlir.mlir.pipeline import MODULE_ANCHOR

UNKNOWN_PASS = "does not refer to a registered pass"
RESTRICTED_TO = re.compile(r"restricted to '([\w.]+)' on a PassManager intended to run on")
FOR_FUNCTIONS = "unable to schedule pass"  # what MLIR says before it runs anything


def run_upstream(module: ir.Module, text: str) -> None:
    """Run one of MLIR's own passes, or `op(a,b)`; a pass for functions runs on every `func.func`."""
    manager = pass_manager(text)
    try:
        try:
            manager.run(module.operation)
        except ir.MLIRError as error:
            if FOR_FUNCTIONS not in str(error) or _is_nested(text):
                raise
            pass_manager(f"func.func({text})").run(module.operation)
    except ir.MLIRError as error:
        raise diagnosed(error, text) from None


def pass_manager(text: str) -> PassManager:
    """A manager for modules that runs `text`, or an OptimusError that says what is wrong in it."""
    try:
        return _add(text)
    except ValueError as error:
        reason = str(error)
    restriction = RESTRICTED_TO.search(reason)
    if restriction and not _is_nested(text):
        return pass_manager(f"{restriction[1]}({text})")
    raise OptimusError(_complaint(text, reason))


def _is_nested(text: str) -> bool:
    """Whether the user wrote which operations to run on, as in `func.func(cse)`."""
    return "(" in text.partition("{")[0]


def _add(text: str) -> PassManager:
    manager = PassManager(MODULE_ANCHOR)
    with _stderr_as_text() as printed:
        try:
            manager.add(text)
        except ValueError as error:
            raise ValueError(f"{error}{printed()}") from None
    return manager


def _complaint(text: str, reason: str) -> str:
    if UNKNOWN_PASS not in reason:
        lines = [line.strip(" :") for line in reason.splitlines() if line.strip()]
        return f"invalid pass {text!r}: {'; '.join(lines)}"
    name = reason.partition("'")[2].partition("'")[0]
    ours = registry.pass_names()
    return (
        f"unknown pass {name!r}{did_you_mean(name, ours)}; "
        f"it is neither one of MLIR's nor one of: {', '.join(ours)}"
    )


@contextmanager
def _stderr_as_text() -> Iterator[Callable[[], str]]:
    """MLIR prints some reasons straight to file descriptor 2: take them into our one message."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as capture:
        os.dup2(capture.fileno(), 2)

        def printed() -> str:
            capture.seek(0)
            return capture.read().decode(errors="replace")

        try:
            yield printed
        finally:
            os.dup2(saved, 2)
            os.close(saved)
