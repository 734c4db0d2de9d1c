"""Law 2, as far as it goes without hardware: the bytes are those that the schedule means."""

from hypothesis import event, given
from lines import Senseless
from random_schedules import scheduled
from simulator import Simulation

from optimus_mlir.cost import Schedule, Unschedulable, build_program
from optimus_mlir.cost.traffic import elements_read, elements_written, macs
from optimus_mlir.workload import Graph


@given(scheduled())
def test_traffic_is_what_the_schedule_means(case: tuple[Graph, Schedule]) -> None:
    """And what means nothing is refused, and nothing else."""
    group, schedule = case
    try:
        simulation = Simulation(group, schedule)
    except Senseless as error:
        event(f"refused: {error}")
        try:
            build_program(group, schedule)
        except Unschedulable:
            return
        raise
    event("priced")
    program = build_program(group, schedule)
    assert elements_read(program) == simulation.reads
    assert elements_written(program) == simulation.writes
    assert macs(program) == simulation.macs
