"""Planned and tiled programs that are read from disk are those that the passes make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimus_mlir.mlir import Step, ir, new_context, run_passes
from optimus_mlir.mlir.constants import constant_attribute
from optimus_mlir.mlir.pipeline import flatten
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.runtime import kept_passes
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.kept_passes import KeptPasses, bring_weights
from optimus_mlir.runtime.object_cache import ObjectCache

PRODUCT = """
func.func @main(%x: tensor<8x16xf32>) -> tensor<8x32xf32> {
  %w = arith.constant dense<1.0> : tensor<16x32xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x32xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x32xf32>) -> tensor<8x32xf32>
  %y = linalg.matmul ins(%x, %w : tensor<8x16xf32>, tensor<16x32xf32>)
    outs(%fill : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %y : tensor<8x32xf32>
}
"""
X = np.linspace(-1, 1, 128, dtype=np.float32).reshape(8, 16)


def weights(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((16, 32)).astype(np.float32)


def product(seed: int = 0) -> ir.Module:
    """A program whose weights are a resource."""
    module = ir.Module.parse(PRODUCT, new_context())
    [constant, *_] = module.body.operations[0].regions[0].blocks[0].operations
    constant.attributes["value"] = constant_attribute(weights(seed), "w", module.context)
    return module


def steps(scratchpad_bytes: int = 2048) -> list[Step]:
    fields = f"scratchpad_bytes={scratchpad_bytes},element_bits=32"
    return list(flatten([FusePass(accelerator="generic", set=fields)]))


@pytest.fixture
def kept(tmp_path: Path) -> KeptPasses:
    return KeptPasses(ObjectCache(tmp_path))


def text(module: ir.Module) -> str:
    return module.operation.get_asm(large_resource_limit=0).partition("{-#")[0].rstrip()


def test_what_is_read_is_what_the_passes_make(kept: KeptPasses) -> None:
    plain = product()
    run_passes(plain, steps())
    (made, was_kept), (read, is_kept) = (kept.run(product(), steps()) for _ in range(2))
    assert (was_kept, is_kept) == (False, True)
    assert text(plain) == text(made) == text(read)


def test_nothing_runs_the_second_time(kept: KeptPasses, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.run(product(), steps())
    monkeypatch.setattr(kept_passes, "run_passes", None)
    kept.run(product(), steps())


@pytest.mark.parametrize("seed", [0, 1])
def test_each_program_gets_its_own_weights(kept: KeptPasses, seed: int) -> None:
    kept.run(product(0), steps())
    source = product(seed)
    module, is_kept = kept.run(source, steps())
    assert is_kept
    bring_weights(source, module)
    [result] = emulate(module, [X]).outputs
    np.testing.assert_allclose(result, X @ weights(seed), rtol=1e-4, atol=1e-5)


def test_options_and_facts_and_the_compiler_make_a_difference(
    kept: KeptPasses, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.run(product(), steps())
    assert not kept.run(product(), steps(scratchpad_bytes=4096))[1]
    assert not KeptPasses(kept.cache, "another file").run(product(), steps())[1]
    monkeypatch.setattr(kept_passes, "sources", lambda: ["a newer compiler"])
    assert not kept.run(product(), steps())[1]


def test_a_damaged_entry_is_made_again(kept: KeptPasses) -> None:
    kept.run(product(), steps())
    for path in kept.cache.entries():
        path.write_text(path.read_text()[:-20])
    made, is_kept = kept.run(product(), steps())
    assert not is_kept
    assert made.operation.verify()


def test_the_compiler_is_all_of_its_files() -> None:
    sources = "\n".join(kept_passes.sources())
    assert "class TileAndFusePass" in sources
    assert "def solve(" in sources


def test_what_is_said_of_a_program_is_made_once_for_each_question(kept: KeptPasses) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return f"about {question}"

    for question in ("size", "shape", "size"):
        said = kept.text(product(), question, lambda question=question: answer(question))
        assert said == f"about {question}"
    assert asked == ["size", "shape"]
