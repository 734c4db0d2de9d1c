"""What is left of a process that native code has killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from optimus_mlir.mlir import new_context
from optimus_mlir.mlir.crash_watch import watched
from optimus_mlir.mlir.program import parse_program

PROGRAM = """
import ctypes, os, sys
from pathlib import Path
from dataclasses import dataclass
from optimus_mlir.mlir import Pass, ir, new_context, run_passes
from optimus_mlir.mlir.program import parse_program

@dataclass(frozen=True)
class DiePass(Pass):
    argument = "fake-die"

    def run(self, module):
        module.operation.attributes["optimus.half_done"] = ir.UnitAttr.get()
        {death}

module = parse_program(b"func.func private @f()", new_context())
module.operation.attributes["optimus.mark"] = ir.UnitAttr.get(module.context)
{prelude}
run_passes(module, ["cse", DiePass(), "canonicalize"], reproducer=Path("crash.mlir"))
"""
DEATHS = {
    "os.abort()": signal.SIGABRT,
    "ctypes.string_at(0)": signal.SIGSEGV,
    "os.kill(os.getpid(), 9)": signal.SIGKILL,
}


def run(folder: Path, death: str = "pass", prelude: str = "") -> tuple[int, str]:
    code = PROGRAM.format(death=death, prelude=prelude)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("death", DEATHS)
def test_a_dead_process_leaves_a_reproducer(death: str, tmp_path: Path) -> None:
    code, message = run(tmp_path, death)
    assert code == -DEATHS[death]
    assert "fake-die crashed; the program before it and how to run it are in crash.mlir" in message
    text = (tmp_path / "crash.mlir").read_text()
    first = "// optimus-opt crash.mlir --pass-pipeline='builtin.module(fake-die,canonicalize)'\n"
    assert text.startswith(first)
    program = str(parse_program(text.encode(), new_context()))
    assert "optimus.mark" in program
    assert "half_done" not in program


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    assert run(tmp_path) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_crash_of_an_upstream_pass(tmp_path: Path) -> None:
    prelude = "import optimus_mlir.mlir.run as run; run.run_upstream = lambda *_: os.abort()"
    code, message = run(tmp_path, prelude=prelude)
    assert code == -signal.SIGABRT
    assert "cse crashed;" in message
    assert "'builtin.module(cse,fake-die,canonicalize)'" in (tmp_path / "crash.mlir").read_text()


def test_exceptions_pass_through_and_no_child_stays() -> None:
    with pytest.raises(KeyError), watched(lambda: None), watched(lambda: None):
        raise KeyError
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
