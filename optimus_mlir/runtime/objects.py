"""Object files of units, compiled on several cores.

A second core means a second process: MLIR holds Python's lock while it compiles. It is this module
run as a program, `python -m optimus_mlir.runtime.objects FOLDER`, which turns every `NAME.mlirbc` of
the folder into `NAME.o`.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import execution_engine, ir, new_context, run_passes
from optimus_mlir.passes.convert_accel_to_llvm import LLVM
from optimus_mlir.runtime.units import Unit

SOURCE, OBJECT = ".mlirbc", ".o"
UNITS_WORTH_A_PROCESS = 24  # which takes 0.7 s to start
OPTIMISATION = 1  # 2 takes a sixth longer for code that is no faster: vectors are explicit already


def compile_units(units: Sequence[Unit], processes: int) -> dict[str, bytes]:
    """The object file of every unit, by key."""
    processes = max(1, min(processes, len(units) // UNITS_WORTH_A_PROCESS))
    with tempfile.TemporaryDirectory(prefix="optimus-") as name:
        folders = [Path(name, str(number)) for number in range(processes)]
        for number, folder in enumerate(folders):
            folder.mkdir()
            for unit in units[number::processes]:  # neighbours are alike: shared out evenly
                (folder / unit.key).with_suffix(SOURCE).write_bytes(unit.bytecode)
        others = [_start(folder) for folder in folders[1:]]
        compile_folder(folders[0])
        for other in others:
            _finish(other)
        return {path.stem: path.read_bytes() for path in Path(name).rglob(f"*{OBJECT}")}


def compile_folder(folder: Path) -> None:
    with new_context(), ir.Location.unknown():
        for source in sorted(folder.glob(f"*{SOURCE}")):
            compile_unit(ir.Module.parse(source.read_bytes()), source.with_suffix(OBJECT))


def compile_unit(module: ir.Module, target: Path) -> None:
    callees = [op.sym_name.value for op in module.body.operations if op.is_external]
    run_passes(module, LLVM)
    engine = execution_engine.ExecutionEngine(module, opt_level=OPTIMISATION, enable_pic=True)
    for callee in callees:  # the linker will know; the engine insists on some address
        engine.raw_register_runtime(callee, ctypes.c_void_p(1))
    engine.dump_to_object_file(str(target))


def _start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "optimus_mlir.runtime.objects", str(folder)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate()
    if process.returncode:
        raise OptimusError(f"compiling in a second process failed: {errors.strip()}")


if __name__ == "__main__":
    compile_folder(Path(sys.argv[1]))
