"""Law 2, as far as it goes without hardware: the bytes are those that the schedule means."""

from hypothesis import assume, event, given
from networks import scheduled
from simulator import Simulation

from optimus_mlir.cost import Schedule, Unschedulable, build_program
from optimus_mlir.cost.traffic import elements_read, elements_written
from optimus_mlir.workload import Graph


@given(scheduled())
def test_traffic_is_what_the_schedule_means(case: tuple[Graph, Schedule]) -> None:
    group, schedule = case
    try:
        program = build_program(group, schedule)
    except Unschedulable as error:
        event(str(error).split(":")[-1])
        assume(False)
    simulation = Simulation(group, schedule)
    assert elements_read(program) == simulation.reads
    assert elements_written(program) == simulation.writes
