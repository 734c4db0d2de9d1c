"""Running steps over a module: verified after each, dumped if asked, with a trace of crashes."""

import os
import re
import shlex
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from torch_mlir import ir

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir.context import load_registered_dialects
from optimus_mlir.mlir.crash_watch import watched
from optimus_mlir.mlir.diagnostics import diagnosed
from optimus_mlir.mlir.pass_base import Pass, Step
from optimus_mlir.mlir.pipeline import MODULE_ANCHOR, flatten
from optimus_mlir.mlir.upstream import pass_manager, run_upstream

MOST_ELEMENTS_DUMPED = 16
MOST_RESOURCE_CHARACTERS_DUMPED = 64


class InvalidProgram(Exception):
    """A bug in a pass: MLIR's verifier rejects what it left."""


class PassCrash(OptimusError):
    """A bug in a pass: how it ended, and where the program that shows it was written."""


def run_passes(
    module: ir.Module,
    steps: Iterable[Step],
    *,
    dump_after_all: Path | None = None,
    first_number: int = 1,
    reproducer: Path | None = None,
) -> None:
    """Run passes and upstream pipelines over `module`, in order.

    `dump_after_all` is a folder for the program after each step, large constants elided; its files
    are numbered from `first_number`. With `reproducer`, an unexpected exception becomes a PassCrash
    and the program before the pass that raised it goes to that file; without, the exception goes to
    the caller.
    """
    flat = list(flatten(steps))
    with module.context, ir.Location.unknown():
        load_registered_dialects(module.context)
        for number, step in enumerate(flat, start=first_number):
            _run(module, step, flat[number - first_number :], reproducer)
            if dump_after_all is not None:
                _dump(module, dump_after_all, f"{number:02}-{_short_name(step)}.mlir")


def check_steps(steps: Iterable[Step], context: ir.Context) -> None:
    """Raise OptimusError if MLIR would not take a step, before anything runs."""
    with context:
        for step in flatten(steps):
            if isinstance(step, str):
                pass_manager(step)


def _run(module: ir.Module, step: Step, rest: Sequence[Step], reproducer: Path | None) -> None:
    if reproducer is None:
        _run_step(module, step)
        return
    before = module.operation.clone(ip=False)  # cheap: shares constants
    name = step.argument if isinstance(step, Pass) else step
    with reproducing(before, name, rest, reproducer):
        _run_step(module, step)


def _run_step(module: ir.Module, step: Step) -> None:
    if isinstance(step, str):
        run_upstream(module, step)
    else:
        _run_python(module, step)


@contextmanager
def reproducing(
    before: ir.Operation, name: str, rest: Sequence[Step], reproducer: Path
) -> Iterator[None]:
    """Turn an unexpected exception into a PassCrash, and write `before` and its `rest` to a file.

    If the process itself dies, the file and a line on stderr are what is left.
    """

    def testify() -> None:
        trace = _write_reproducer(reproducer, before, rest, ["the process died here"])
        line = f"{Path(sys.argv[0]).name}: error: {name} crashed; {trace}\n"
        os.write(2, line.encode())  # another thread may hold the lock of sys.stderr forever

    try:
        with watched(testify):
            yield
    except OptimusError:
        raise
    except Exception as error:
        trace = _write_reproducer(reproducer, before, rest, traceback.format_exc().splitlines())
        raise PassCrash(f"{name} crashed: {_one_line(error)}; {trace}") from error


def _run_python(module: ir.Module, step: Pass) -> None:
    try:
        step.run(module)
    except ir.MLIRError as error:
        raise diagnosed(error, str(step)) from None
    try:
        module.operation.verify()
    except ir.MLIRError as error:
        raise InvalidProgram(diagnosed(error, "the verifier")) from None


def _write_reproducer(
    path: Path, before: ir.Operation, rest: Sequence[Step], story: Sequence[str]
) -> str:
    """Say where the program is that the pass crashed on."""
    pipeline = f"{MODULE_ANCHOR}({','.join(map(str, rest))})"
    command = f"optimus-opt {shlex.quote(path.name)} --pass-pipeline={shlex.quote(pipeline)}"
    comments = [command, "", *story]
    header = "".join(f"// {line}".rstrip() + "\n" for line in comments)
    try:
        path.write_text(header + before.get_asm())
    except OSError as error:
        return f"the program before it could not be written to {path}: {error.strerror}"
    return f"the program before it and how to run it are in {path}"


def _dump(module: ir.Module, folder: Path, name: str) -> None:
    text = module.operation.get_asm(
        large_elements_limit=MOST_ELEMENTS_DUMPED,
        large_resource_limit=MOST_RESOURCE_CHARACTERS_DUMPED,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def _short_name(step: Step) -> str:
    """A step as part of a file name: `func.func(cse{a=1})` is `func.func-cse`."""
    text = step.argument if isinstance(step, Pass) else step
    return re.sub(r"[^\w.]+", "-", re.sub(r"\{.*\}", "", text)).strip("-")[:60]


def _one_line(error: Exception) -> str:
    first = str(error).split("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
