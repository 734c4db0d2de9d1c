"""The laws on a real network: ResNet-18, from PyTorch to counted bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.cost import floor_bytes
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model
from optimus_mlir.fusion import solve
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import GroupPass, entry_functions
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.target import load_accelerator, with_fields

WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # any import of it fails
from optimus_mlir.cli.opt import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray, np.ndarray]:
    """A file as torch-mlir emits it, an input, and what PyTorch makes of it."""
    import torch

    model, inputs = zoo_model("resnet18")
    path = tmp_path_factory.mktemp("resnet18") / "resnet18.mlir"
    path.write_text(str(import_torch(model, inputs)))
    with torch.no_grad():
        return path, inputs[0].numpy(), model(*inputs).numpy()


@pytest.mark.parametrize(
    "fields", ["scratchpad_bytes=64KiB", "element_bits=8", "scratchpad_bytes=1MiB"]
)
def test_counts_equal_predictions_and_results_equal_pytorch(
    resnet18: tuple[Path, np.ndarray, np.ndarray], fields: str
) -> None:
    path, image, expected = resnet18
    module = ir.Module.parseFile(str(path), new_context())
    run_passes(module, [NormalizePass()])
    [function] = entry_functions(module)
    graph = read_dataflow(function).graph
    target = with_fields(load_accelerator("eyeriss"), [fields])
    layer_by_layer = solve(graph, target, "layer-by-layer").dram_bytes
    passes = [OutlinePass(), TileAndFusePass(), ConvertLinalgToAccelPass()]
    run_passes(module, [GroupPass(set=fields), *passes])

    execution = emulate(module, [image])

    counted = 0
    for price, count in zip(prices(module), execution.groups, strict=True):
        assert list(count.dram_read_bytes) == price["dram_read_bytes"]
        assert list(count.dram_write_bytes) == price["dram_write_bytes"]
        assert count.scratchpad_bytes == price["footprint_bytes"] <= target.scratchpad_bytes
        counted += sum(count.dram_read_bytes) + sum(count.dram_write_bytes)
    assert floor_bytes(graph, target) <= counted < layer_by_layer
    assert np.abs(execution.outputs[0] - expected).max() < 1e-3 * np.abs(expected).max()


def test_optimus_opt_needs_no_pytorch(
    resnet18: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    result = tmp_path / "fused.mlirbc"
    flags = ["--optimus-fuse=accelerator=eyeriss objective=dram-bytes", "--emit-bytecode"]
    command = [sys.executable, "-c", WITHOUT_TORCH, str(resnet18[0]), *flags, "-o", str(result)]
    subprocess.run(command, check=True)
    assert len(prices(ir.Module.parseFile(str(result), new_context()))) > 1


def prices(module: ir.Module) -> list[dict[str, object]]:
    from optimus_mlir.accel.counters import launches

    return [annotations.read_price(launch) for launch in launches(module)]
