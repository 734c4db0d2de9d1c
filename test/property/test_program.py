"""A program can be run: what it computes with is on chip, and every result reaches DRAM once."""

import itertools

from hypothesis import assume, given
from random_schedules import scheduled
from replay import Replay

from optimus_mlir.cost import Schedule, Unschedulable, build_program
from optimus_mlir.cost.traffic import elements_read
from optimus_mlir.target import load_accelerator
from optimus_mlir.workload import Graph

BYTES = load_accelerator("generic").model_copy(
    update={"element_bits": 8, "accumulator_bits": 16, "scratchpad_bytes": 2**30}
)


@given(scheduled(most_operators=4))
def test_everything_is_computed_from_what_is_on_chip(case: tuple[Graph, Schedule]) -> None:
    group, schedule = case
    try:
        program = build_program(group, schedule)
    except Unschedulable:
        assume(False)
    replay = Replay(group, program, BYTES)
    shapes = {name: group.tensors[name].shape for name in group.outputs}
    results = {(n, p) for n in shapes for p in itertools.product(*map(range, shapes[n]))}
    assert set(replay.stored) == results
    assert set(replay.stored.values()) == {1}
    assert replay.loaded == elements_read(program)
