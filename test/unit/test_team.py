"""A team of threads: it helps, survives failures, and ends with the program."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.runtime.emulator import Emulator
from optimus_mlir.runtime.object_cache import ObjectCache

SIZE = 256
PRODUCT = f"""
func.func @main(%a: tensor<{SIZE}x{SIZE}xf32>, %b: tensor<{SIZE}x{SIZE}xf32>)
    -> tensor<{SIZE}x{SIZE}xf32> {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<{SIZE}x{SIZE}xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<{SIZE}x{SIZE}xf32>)
    -> tensor<{SIZE}x{SIZE}xf32>
  %c = linalg.matmul ins(%a, %b : tensor<{SIZE}x{SIZE}xf32>, tensor<{SIZE}x{SIZE}xf32>)
    outs(%start : tensor<{SIZE}x{SIZE}xf32>) -> tensor<{SIZE}x{SIZE}xf32>
  return %c : tensor<{SIZE}x{SIZE}xf32>
}}
"""


def product() -> ir.Module:
    """Of matrices that do not fit the scratchpad: a loop of independent steps."""
    module = ir.Module.parse(PRODUCT, new_context())
    fields = "scratchpad_bytes=131072,element_bits=32"
    run_passes(module, [FusePass(accelerator="generic", set=fields)])
    return module


@pytest.fixture
def matrices() -> list[Any]:
    random = np.random.default_rng(0)
    return [random.random((SIZE, SIZE), np.float32) for _ in range(2)]


@pytest.fixture
def steps_by_thread(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What every thread counts in each run, summed up."""
    found: list[list[int]] = []
    original = Emulator._total  # nothing else tells who did what

    def total(self: Emulator, tallies: list[Any]) -> Any:
        found.append([int(tally.sum()) for tally in tallies])
        return original(self, tallies)

    monkeypatch.setattr(Emulator, "_total", total)
    return found


def test_every_thread_takes_steps(matrices: list[Any], steps_by_thread: list[list[int]]) -> None:
    two = Emulator(product(), threads=2)
    for _ in range(1000):  # on a busy machine the second may come late, but not always
        two.run(matrices)
        if all(steps_by_thread[-1]):
            return
    pytest.fail(f"one thread did all: {steps_by_thread[-1]}")


def test_results_and_counts_are_those_of_one_thread(matrices: list[Any], tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "cache")
    one = Emulator(product(), cache).run(matrices)
    for threads in (2, 3, 2):  # the last from the cache
        several = Emulator(product(), cache, threads=threads)
        for _ in range(10):
            execution = several.run(matrices)
            assert np.array_equal(execution.outputs[0], one.outputs[0])
            assert execution.groups == one.groups


def test_members_that_wait_go_on_when_the_leader_fails(
    matrices: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Emulator(product(), threads=2)
    entry, expected = two.entry, two.run(matrices)

    def fails(*arguments: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        entry(*arguments)

    monkeypatch.setattr(two, "entry", fails)
    with pytest.raises(KeyboardInterrupt):
        two.run(matrices)
    monkeypatch.setattr(two, "entry", entry)
    assert np.array_equal(two.run(matrices).outputs[0], expected.outputs[0])


def test_what_another_thread_raises_is_raised(
    matrices: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Emulator(product(), threads=2)
    entry = two.entry

    def fails(*arguments: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise MemoryError
        entry(*arguments)

    monkeypatch.setattr(two, "entry", fails)
    with pytest.raises(MemoryError):
        two.run(matrices)


def test_threads_end_with_the_emulator(matrices: list[Any]) -> None:
    before = set(threading.enumerate())
    two = Emulator(product(), threads=2)
    two.run(matrices)
    [other] = set(threading.enumerate()) - before
    del two
    gc.collect()
    other.join(timeout=10)
    assert not other.is_alive()


def test_threads_end_with_the_process() -> None:
    program = "\n".join(
        [
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})",
            "from test_team import *",
            "two = Emulator(product(), threads=2)",
            "two.run([np.ones((SIZE, SIZE), np.float32)] * 2)",
        ]
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads: int) -> None:
    with pytest.raises(OptimusError, match=f"at least 1, not {threads}"):
        Emulator(product(), threads=threads)
