"""The laws on networks of the zoo, end to end: counts equal predictions, results equal PyTorch's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from optimus_mlir.accel.counters import launches
from optimus_mlir.analysis import annotations
from optimus_mlir.cli.difference import compare
from optimus_mlir.frontends.reference import run_torch
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.object_cache import ObjectCache, temporary_cache

Arrays = list[np.ndarray]


class Network(NamedTuple):
    """A program as torch-mlir emits it, inputs, and what PyTorch makes of them."""

    bytecode: str
    inputs: Arrays
    expected: Arrays


@cache
def network(name: str) -> Network:
    model, inputs = zoo_model(name)
    arrays = [tensor.numpy() for tensor in inputs]
    return Network(str(import_torch(model, inputs)), arrays, run_torch(model, arrays))


@pytest.fixture(scope="module")
def object_cache() -> Iterator[ObjectCache]:
    with temporary_cache() as objects:
        yield objects


# A network, an accelerator with its changes, a solver, and what is seen nowhere else
CASES = [
    ("chain3", "generic", "scratchpad_bytes=8KiB", "online"),  # tiles of rows and columns
    ("chain3", "generic", "scratchpad_bytes=6KiB", "layer-by-layer"),  # reductions in blocks
    ("chain3-valid", "eyeriss", "", "contiguous"),  # all in one group
    ("fsrcnn", "ethos-u65", "", "online"),  # a transposed convolution
    ("vit", "generic", "scratchpad_bytes=64KiB", "layer-by-layer"),  # attention
]


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_counts_equal_predictions_and_results_equal_pytorch(
    case: tuple[str, str, str, str], object_cache: ObjectCache
) -> None:
    name, accelerator, fields, solver = case
    if name == "vit":
        pytest.importorskip("transformers")
    program, inputs, expected = network(name)
    module = ir.Module.parse(program, new_context())
    run_passes(module, [FusePass(accelerator=accelerator, set=fields, solver=solver)])

    execution = emulate(module, inputs, object_cache)

    for launch, count in zip(launches(module), execution.groups, strict=True):
        price = annotations.read_price(launch)
        assert list(count.dram_read_bytes) == price["dram_read_bytes"]
        assert list(count.dram_write_bytes) == price["dram_write_bytes"]
        assert count.scratchpad_bytes == price["footprint_bytes"]
    assert compare(execution.outputs, expected, "PyTorch").is_tolerable
