"""The JIT and the NumPy interpreter agree on results, bytes and peak, on random networks and plans."""

import random

import numpy as np
from hypothesis import given, note, settings
from hypothesis import strategies as st
from random_networks import networks
from test_laws import parse, plan_at_random

from optimus_mlir.mlir import run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import entry_functions
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.interpreter import interpret
from optimus_mlir.target import load_accelerator, with_fields

a_third = settings(max_examples=max(1, settings.default.max_examples // 3))


@a_third
@given(networks(), st.integers(0, 2**32), st.sampled_from([8, 16, 32]))
def test_both_back_ends_agree(text: str, seed: int, element_bits: int) -> None:
    note(text)
    [main] = entry_functions(module := parse(text))
    shape = main.opview.type.inputs[0].shape
    run_passes(module, [NormalizePass()])
    accelerator = with_fields(load_accelerator("generic"), [f"element_bits={element_bits}"])
    plan_at_random(module, accelerator, random.Random(seed))
    run_passes(module, [OutlinePass(), TileAndFusePass(), ConvertLinalgToAccelPass()])
    inputs = [np.random.default_rng(0).integers(-8, 9, shape).astype(np.float32)]
    mine = interpret(module, inputs)
    jit = emulate(module, inputs)
    assert mine.groups == jit.groups
    for a, b in zip(mine.outputs, jit.outputs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
