"""How many threads run a program changes no bit of its results, and none of its counts."""

from unittest import mock

import numpy as np
from hypothesis import given, note, settings
from laws import Case, cases, chance, inputs_of, parse, require_kept_promises, solvers

from optimus_mlir.codegen import shared_loops
from optimus_mlir.mlir import run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import Emulator

a_quarter = settings(max_examples=max(1, settings.default.max_examples // 4))
RUNS = 3


@a_quarter
@given(cases(chance | solvers))
def test_threads_change_no_bit(case: Case) -> None:
    note(case.network)
    module = case.planned()
    run_passes(module, [OutlinePass(), TileAndFusePass(), ConvertLinalgToAccelPass()])
    note(module.operation.get_asm())
    inputs = inputs_of(parse(case.network))
    expected = Emulator(module).run(inputs)
    require_kept_promises(module, expected)
    with mock.patch.object(shared_loops, "LEAST_WORK", 1):
        teams = [Emulator(module, threads=threads) for threads in (2, 3)]
    for team in teams * RUNS:
        execution = team.run(inputs)
        assert execution.groups == expected.groups
        for mine, one in zip(execution.outputs, expected.outputs, strict=True):
            np.testing.assert_array_equal(mine.view(np.uint8), one.view(np.uint8))
