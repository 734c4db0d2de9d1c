"""Laws 1 to 3, checked on one network under one plan: meaning, traffic and space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from random_networks import networks
from random_plans import plan_at_random

from optimus_mlir.accel.counters import launches
from optimus_mlir.analysis import annotations
from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.inputs import signature
from optimus_mlir.fusion import SOLVERS
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import GroupPass, entry_functions
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import Execution, emulate
from optimus_mlir.runtime.interpreter import interpret
from optimus_mlir.runtime.plain import run_plainly
from optimus_mlir.target import load_accelerator, with_fields

Array = np.ndarray[Any, Any]

ROUNDING = {"float32": 1e-5, "float16": 2e-2, "bfloat16": 1e-1}
"""Of the largest number of a result. Tiles sum up in another order than plain loops, and what that
changes in one sum is up to (terms x unit roundoff) of the largest; there are below 100 terms."""

BACK_ENDS = {"jit": emulate, "numpy": interpret}


@dataclass(frozen=True)
class Case:
    """A network as text, fields of an accelerator, and who plans: a solver, or chance."""

    network: str
    fields: tuple[str, ...]
    scratchpad_bytes: int
    planner: str | Random
    back_ends: tuple[str, ...]

    def planned(self) -> ir.Module:
        """The normalised network, labelled with groups, schedules and prices."""
        module = parse(self.network)
        run_passes(module, [NormalizePass()])
        if isinstance(self.planner, Random):
            accelerator = with_fields(load_accelerator("generic"), self.fields)
            plan_at_random(module, accelerator, self.planner)
        else:
            self._solve(module, self.planner)
        return module

    def _solve(self, module: ir.Module, solver: str) -> None:
        """Too small a scratchpad is refused with the smallest that works, and that one works."""
        try:
            self._group(module, solver, self.scratchpad_bytes)
        except OptimusError as error:
            smallest = int(str(error).rsplit("scratchpad_bytes=", 1)[1].split()[0])
            assert smallest > self.scratchpad_bytes
            self._group(module, solver, smallest)

    def _group(self, module: ir.Module, solver: str, scratchpad_bytes: int) -> None:
        fields = ",".join([*self.fields, f"scratchpad_bytes={scratchpad_bytes}"])
        run_passes(module, [GroupPass(accelerator="generic", set=fields, solver=solver)])


def cases(
    planners: st.SearchStrategy[str | Random], back_ends: Sequence[tuple[str, ...]] = (("jit",),)
) -> st.SearchStrategy[Case]:
    """Any network on any accelerator under the plans of `planners`."""
    return st.builds(
        Case,
        networks(),
        accelerator_fields(),
        st.sampled_from([1, 2**20]) | st.integers(200, 4000),
        planners,
        st.sampled_from(back_ends),
    )


solvers = st.sampled_from(sorted(SOLVERS))
chance = st.randoms(use_true_random=False)


@st.composite
def accelerator_fields(draw: st.DrawFn) -> tuple[str, ...]:
    element_bits, accumulator_bits = draw(
        st.sampled_from([(8, 32), (8, 8), (16, 16), (16, 32), (32, 32), (32, 64)])
    )
    return (
        f"element_bits={element_bits}",
        f"accumulator_bits={accumulator_bits}",
        f"double_buffering={'true' if draw(st.booleans()) else 'false'}",
    )


def check_laws(network: str, planned: ir.Module, back_ends: Sequence[str] = ("jit",)) -> None:
    """Lower a planned module and compare what it does with the plain network and its promises."""
    module = planned
    run_passes(module, [OutlinePass(), TileAndFusePass(), ConvertLinalgToAccelPass()])
    parsed = parse(network)
    inputs = inputs_of(parsed)
    expected = run_plainly(parsed, inputs)
    for name in back_ends:
        execution = BACK_ENDS[name](module, inputs)
        for number, (mine, plain) in enumerate(zip(execution.outputs, expected, strict=True)):
            require_equal(mine, plain, f"result {number}, {name}")
        require_kept_promises(module, execution)


def inputs_of(module: ir.Module) -> list[Array]:
    """Small whole numbers, of which most sums are exact in every type."""
    [main] = entry_functions(module)
    random = np.random.default_rng(0)
    return [random.integers(-8, 9, shape).astype(dtype) for shape, dtype in signature(main.opview)]


def require_equal(mine: Array, plain: Array, what: str) -> None:
    """Integers to the bit; floats to what another order of their sums may change."""
    if plain.dtype.kind == "i":
        np.testing.assert_array_equal(mine, plain, what)
        return
    rounding = ROUNDING[plain.dtype.name]
    wide = plain.astype(np.float64)
    scale = np.abs(wide, where=np.isfinite(wide), out=np.zeros_like(wide)).max(initial=1)
    np.testing.assert_allclose(
        mine.astype(np.float64), wide, rtol=rounding, atol=rounding * scale, err_msg=what
    )


def require_kept_promises(module: ir.Module, execution: Execution) -> None:
    for launch, count in zip(launches(module), execution.groups, strict=True):
        promised = annotations.read_price(launch)
        assert list(count.dram_read_bytes) == promised["dram_read_bytes"]
        assert list(count.dram_write_bytes) == promised["dram_write_bytes"]
        assert count.scratchpad_bytes == promised["footprint_bytes"]
        capacity = annotations.read_accelerator(module.operation).scratchpad_bytes
        assert count.scratchpad_bytes <= capacity


def parse(text: str) -> ir.Module:
    return ir.Module.parse(text, new_context())
