"""From a lowered module to a function that can be called."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from optimus_mlir.codegen.cpu import cpu_flags, host_vector_unit
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import execution_engine, ir, remark, run_passes
from optimus_mlir.passes.convert_accel_to_llvm import LLVM
from optimus_mlir.runtime.object_cache import ObjectCache, digest
from optimus_mlir.runtime.objects import OBJECT, OPTIMISATION, compile_units
from optimus_mlir.runtime.units import ENTRY, Unit, units_of

LIBRARY = ".so"
C_ENTRY = f"_mlir_ciface_{ENTRY}"
LINKERS = ("cc", "gcc", "clang")

Entry = Callable[..., None]
"""`main`: called with a pointer to the descriptor of every buffer."""


def load(module: ir.Module, cache: ObjectCache | None) -> tuple[Entry, str]:
    """Machine code of a module whose accel ops are lowered; the module is used up.

    With a cache and a linker, code is compiled by function and kept: under the name that is
    returned, which is empty if nothing is kept.
    """
    linker = find_linker()
    if cache is None:
        return _compiled_in_memory(module), ""
    if linker is None:
        names = ", ".join(LINKERS)
        remark(ir.Location.unknown(), f"compiled code is not kept: that takes one of {names}")
        return _compiled_in_memory(module), ""
    units = units_of(module, compiler_identity())
    key = digest("".join(unit.key for unit in units).encode())
    library = cache.find(key, LIBRARY) or cache.put(key, LIBRARY, _linked(units, cache, linker))
    return _entry_of(library), key


def load_kept(key: str, cache: ObjectCache) -> Entry | None:
    """What `load` has kept under a name, if it is still there."""
    library = cache.find(key, LIBRARY) if key else None
    return library and _entry_of(library)


def find_linker() -> str | None:
    """The C compiler driver that links object files."""
    return next((path for name in LINKERS if (path := shutil.which(name))), None)


@cache
def compiler_identity() -> bytes:
    """What machine code depends on besides its source: this compiler, LLVM and the CPU."""
    unit = host_vector_unit()
    parts = [version("torch-mlir"), platform.machine(), str(unit), *sorted(cpu_flags())]
    parts += [str(OPTIMISATION), *map(str, LLVM)]
    folder = files("optimus_mlir.codegen")
    sources = [path for path in folder.iterdir() if path.name.endswith((".py", ".mlir"))]
    parts += [path.read_text() for path in sorted(sources, key=lambda path: path.name)]
    return "\n".join(parts).encode()


def _compiled_in_memory(module: ir.Module) -> Entry:
    run_passes(module, LLVM)
    engine = execution_engine.ExecutionEngine(module, opt_level=OPTIMISATION)
    address = engine.raw_lookup(C_ENTRY)

    def entry(*pointers: Any) -> None:
        packed = (ctypes.c_void_p * len(pointers))(*map(ctypes.addressof, pointers))
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)(packed)
        assert engine  # it owns the code

    if not address:
        raise OptimusError(f"@{ENTRY} calls a function that is nowhere defined")
    return entry


def _linked(units: Sequence[Unit], cache: ObjectCache, linker: str) -> bytes:
    """The units as one shared library; those that the cache lacks are compiled."""
    objects = {unit.key: cache.read(unit.key, OBJECT) for unit in units}
    missing = [unit for unit in units if objects[unit.key] is None]
    for key, content in compile_units(missing, os.cpu_count() or 1).items():
        cache.put(key, OBJECT, content)
        objects[key] = content
    with tempfile.TemporaryDirectory(prefix="optimus-") as name:
        paths = [Path(name, key + OBJECT) for key in objects]
        for path in paths:
            path.write_bytes(objects[path.stem] or b"")
        library = Path(name, "main" + LIBRARY)
        command = [linker, "-shared", "-o", str(library), *map(str, paths), "-lm"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise OptimusError(f"{linker} cannot link compiled code: {result.stderr.strip()[:500]}")
        return library.read_bytes()


def _entry_of(library: Path) -> Entry:
    try:
        function = ctypes.CDLL(str(library))[C_ENTRY]
    except OSError as error:
        raise OptimusError(f"cannot load compiled code: {error}") from None
    function.restype = None
    return function
