"""Messages about a program, from MLIR and from our passes, as values that can be printed or checked.

MLIR's Python bindings raise errors as `ir.MLIRError` and drop remarks and warnings unless a handler
is attached; Python passes cannot emit those at all. Here all of them become a `Diagnostic`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from torch_mlir import ir

from optimus_mlir.errors import OptimusError, PassFailure

UNNAMED_SOURCE = "-"  # what the bindings call a program that they parsed from a string
MOST_NOTE_LINES = 12  # "see current operation" may show the whole module


@dataclass(frozen=True)
class Position:
    """A place in a source file; lines and columns count from 1, line 0 is the file as a whole."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Diagnostic:
    """One message: `severity` is "error", "warning", "remark" or "note", as MLIR prints them."""

    severity: str
    position: Position | None
    message: str
    notes: tuple[Diagnostic, ...] = ()

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position else ""
        first, *rest = self.message.split("\n")
        if len(rest) > MOST_NOTE_LINES:
            rest = [*rest[:MOST_NOTE_LINES], "..."]
        lines = [f"{place}{self.severity}: {first}", *rest]
        return "\n".join([*lines, *map(str, self.notes)])

    def in_file(self, name: str) -> Diagnostic:
        """The same message, where `name` is what a program parsed from a string is called."""
        position = self.position
        if position and position.file == UNNAMED_SOURCE:
            position = replace(position, file=name)
        return replace(self, position=position, notes=tuple(n.in_file(name) for n in self.notes))


class DiagnosedError(OptimusError):
    """MLIR rejected the program; its messages are in `diagnostics`."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n".join(map(str, self.diagnostics))


def diagnosed(error: ir.MLIRError, doing: str) -> DiagnosedError:
    """What an `ir.MLIRError` says; `doing` names the work if MLIR gave no message."""
    found = tuple(_from_mlir(info) for info in error.error_diagnostics)
    return DiagnosedError(
        found or (Diagnostic("error", None, f"{doing} failed without a message"),)
    )


def diagnostics_of(error: OptimusError) -> tuple[Diagnostic, ...]:
    match error:
        case DiagnosedError():
            return error.diagnostics
        case PassFailure():
            return (Diagnostic("error", position_of(error.location), error.message),)
        case _:
            return (Diagnostic("error", None, str(error)),)


def position_of(location: Any) -> Position | None:
    """The first place in a file that `location` leads to: through names, call sites and fusions."""
    if not isinstance(location, ir.Location):
        return None
    # a diagnostic's location comes without its class: this finds it
    match ir.Location.from_attr(location.attr, location.context):
        case ir.FileLineColLoc() as place:
            return Position(place.filename, place.start_line, place.start_col)
        case ir.NameLoc() as name:
            return position_of(name.child_loc)
        case ir.CallSiteLoc() as call:
            return position_of(call.callee) or position_of(call.caller)
        case ir.FusedLoc() as fused:
            return next(filter(None, map(position_of, fused.locations)), None)
        case _:
            return None


def _print(diagnostic: Diagnostic) -> None:
    print(diagnostic, file=sys.stderr)


_listener: ContextVar[Callable[[Diagnostic], None]] = ContextVar("listener", default=_print)


def remark(location: ir.Location, message: str) -> None:
    """Tell the user something about the program at `location` that needs no action."""
    _listener.get()(Diagnostic("remark", position_of(location), message))


def warning(location: ir.Location, message: str) -> None:
    """Tell the user that the program at `location` is probably not what they want."""
    _listener.get()(Diagnostic("warning", position_of(location), message))


@contextmanager
def listening(context: ir.Context, listener: Callable[[Diagnostic], None]) -> Iterator[None]:
    """Hand remarks and warnings about programs of `context` to `listener` instead of stderr."""

    def handle(info: Any) -> bool:
        listener(_from_mlir(info))
        return True

    token = _listener.set(listener)
    try:
        with context.attach_diagnostic_handler(handle):
            yield
    finally:
        _listener.reset(token)


def _from_mlir(info: Any) -> Diagnostic:
    return Diagnostic(
        severity=info.severity.name.lower(),
        position=position_of(info.location),
        message=info.message,
        notes=tuple(map(_from_mlir, info.notes)),
    )
