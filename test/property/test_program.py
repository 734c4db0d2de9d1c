"""A program can be run: what it computes with is on chip, and every result reaches DRAM once."""

import itertools

from hypothesis import assume, given
from networks import scheduled
from replay import Replay

from optimus_mlir.cost import Schedule, Unschedulable, build_program
from optimus_mlir.cost.traffic import elements_read
from optimus_mlir.workload import Graph


@given(scheduled(most_operators=4))
def test_everything_is_computed_from_what_is_on_chip(case: tuple[Graph, Schedule]) -> None:
    group, schedule = case
    try:
        program = build_program(group, schedule)
    except Unschedulable:
        assume(False)
    replay = Replay(group, program)
    result = group.tensors[group.outputs[0]]
    assert set(replay.stored) == set(itertools.product(*map(range, result.shape)))
    assert set(replay.stored.values()) == {1}
    assert replay.loaded == elements_read(program)
