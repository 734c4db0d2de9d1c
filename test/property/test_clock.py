"""The law of time: what the cost model says a group takes is what its program takes on the clock."""

from dataclasses import replace

from hypothesis import given, note
from hypothesis import strategies as st
from laws import Case, cases, chance

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.analysis.groups import read_groups
from optimus_mlir.cli.costs import costs_of
from optimus_mlir.mlir import ir, run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import entry_functions
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.clock import cycles_of_launches
from optimus_mlir.runtime.interpreter import Event, observe
from optimus_mlir.target import Accelerator, with_fields


def one_after_the_other(case: Case) -> Case:
    """The same without double buffering."""
    fields = (f for f in case.fields if not f.startswith("double_buffering"))
    return replace(case, fields=tuple(fields))


rates = st.sampled_from(["0.3", "1", "2.4", "8", "100"])
arrays = st.sampled_from([1, 3, 12])


@given(cases(chance), rates, arrays)
def test_a_program_takes_the_cycles_that_the_model_says(case: Case, rate: str, pes: int) -> None:
    note(case.network)
    module = case.planned()
    note(module.operation.get_asm())
    accelerator = _timed(module, rate, pes)
    predicted = _predicted(module, accelerator)
    run_passes(module, [TileAndFusePass(), ConvertLinalgToAccelPass()])
    events: list[Event] = []
    observe(module, events.append)
    assert cycles_of_launches(events, accelerator) == predicted


def _timed(module: ir.Module, rate: str, pes: int) -> Accelerator:
    """The accelerator of the plan, with other speeds: where things lie does not depend on them."""
    with module.context:
        planned = annotations.read_accelerator(module.operation)
        fields = [f"dram_bytes_per_cycle={rate}", f"pe_rows={pes}", "pe_columns=2"]
        accelerator = with_fields(planned, fields)
        annotations.write_accelerator(module.operation, accelerator)
        return accelerator


def _predicted(module: ir.Module, accelerator: Accelerator) -> list[int | None]:
    """Of each group in turn; they are functions of their own after that."""
    with module.context:
        [main] = entry_functions(module)
        network = read_dataflow(main).graph
    run_passes(module, [OutlinePass()])
    costs = costs_of(read_groups(module), network, accelerator)
    return [cost.time.cycles for cost in costs]
