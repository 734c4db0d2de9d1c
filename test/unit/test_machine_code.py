"""Compiled programs: the same results with and without the cache, and nothing compiled twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.mlir.diagnostics import Diagnostic, listening
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.runtime import machine_code, programs
from optimus_mlir.runtime.emulator import Emulator
from optimus_mlir.runtime.object_cache import ObjectCache

CHAIN = """
func.func @main(%x: tensor<{rows}x16xf32>) -> tensor<{rows}x16xf32> {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<{rows}x16xf32>
  %y = linalg.exp ins(%x : tensor<{rows}x16xf32>)
    outs(%empty : tensor<{rows}x16xf32>) -> tensor<{rows}x16xf32>
  return %y : tensor<{rows}x16xf32>
}}
"""


@pytest.fixture
def cache(tmp_path: Path) -> ObjectCache:
    return ObjectCache(tmp_path / "cache")


def chain(rows: int = 40, scratchpad_bytes: int = 1024) -> ir.Module:
    module = ir.Module.parse(CHAIN.format(rows=rows), new_context())
    fields = f"scratchpad_bytes={scratchpad_bytes},element_bits=32"
    run_passes(module, [FusePass(accelerator="generic", set=fields)])
    return module


def check(emulator: Emulator, rows: int = 40) -> None:
    x = np.linspace(-3, 3, rows * 16, dtype=np.float32).reshape(rows, 16)
    first, second = emulator.run([x]), emulator.run([x])
    np.testing.assert_allclose(first.outputs[0], np.exp(x), rtol=1e-6)
    assert np.array_equal(first.outputs[0], second.outputs[0])
    assert first.groups == second.groups


def names(cache: ObjectCache, suffix: str) -> set[str]:
    return {path.name for path in cache.entries() if path.suffix == suffix}


def test_results_and_counts_are_the_same_with_and_without_a_cache(cache: ObjectCache) -> None:
    for emulator in Emulator(chain()), Emulator(chain(), cache), Emulator(chain(), cache):
        check(emulator)


def test_a_program_without_counters_computes_the_same(cache: ObjectCache) -> None:
    x = np.linspace(-3, 3, 640, dtype=np.float32).reshape(40, 16)
    counted, uncounted = (Emulator(chain(), cache, counts=n).run([x]) for n in (True, False))
    assert np.array_equal(counted.outputs[0], uncounted.outputs[0])
    assert [sum(group.dram_read_bytes) for group in counted.groups] == [2560]
    assert [sum(group.dram_read_bytes) for group in uncounted.groups] == [0]


def test_a_warm_start_compiles_nothing(cache: ObjectCache, monkeypatch: pytest.MonkeyPatch) -> None:
    Emulator(chain(), cache)
    monkeypatch.setattr(machine_code, "compile_units", lambda *_: pytest.fail("it compiles"))
    check(Emulator(chain(), cache))


def test_equal_functions_of_other_programs_are_not_compiled_again(cache: ObjectCache) -> None:
    Emulator(chain(rows=40), cache)
    before = names(cache, ".o")
    Emulator(chain(rows=48), cache)  # the same tiles, more of them
    kept = before & names(cache, ".o")
    assert len(kept) >= 2  # the kernel and the copies
    assert len(names(cache, ".so")) == 2


def test_a_corrupted_library_is_linked_again(cache: ObjectCache) -> None:
    Emulator(chain(), cache)
    [library] = [path for path in cache.entries() if path.suffix == ".so"]
    library.unlink()  # not written over: this process has it mapped
    library.write_bytes(b"\x7fELF but no more")
    check(Emulator(chain(), cache))
    assert library.read_bytes() != b"\x7fELF but no more"


def test_another_cpu_means_other_code(cache: ObjectCache, monkeypatch: pytest.MonkeyPatch) -> None:
    Emulator(chain(), cache)
    before = names(cache, ".o")
    monkeypatch.setattr(machine_code, "compiler_identity", lambda: b"another")
    Emulator(chain(), cache)
    assert len(names(cache, ".o")) == 2 * len(before)


def test_two_processes_compile_what_one_does(
    cache: ObjectCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from optimus_mlir.runtime import objects

    monkeypatch.setattr(objects, "UNITS_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(machine_code.os, "cpu_count", lambda: 2)
    check(Emulator(chain(), cache))
    monkeypatch.undo()
    alone = ObjectCache(tmp_path / "alone")
    check(Emulator(chain(), alone))
    assert names(cache, ".o") == names(alone, ".o")


def test_without_a_linker_it_runs_and_says_so(
    cache: ObjectCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    module = chain()
    said: list[Diagnostic] = []
    with listening(module.context, said.append):
        check(Emulator(module, cache))
    assert [d.message for d in said] == [
        "compiled code is not kept: that takes one of cc, gcc, clang"
    ]
    assert not cache.folder.exists()


def test_a_program_that_was_compiled_before_is_not_lowered(
    cache: ObjectCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(Emulator(chain(), cache))
    monkeypatch.setattr(programs, "lower_accel", pytest.fail)
    check(Emulator(chain(), cache))


def test_a_program_whose_code_was_removed_is_compiled_again(cache: ObjectCache) -> None:
    check(Emulator(chain(), cache))
    for path in cache.entries():
        if path.suffix == ".so":
            path.unlink()
    check(Emulator(chain(), cache))
