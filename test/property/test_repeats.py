"""What an account says comes again, against the elements themselves; what an objective bounds."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import assume, event, given
from random_schedules import scheduled

from optimus_mlir.cost import Program, Schedule, Unschedulable, build_program, price
from optimus_mlir.cost.buffers import Path, volume
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Store
from optimus_mlir.cost.repeats import visits_of
from optimus_mlir.cost.traffic import walk
from optimus_mlir.fusion.objective import OBJECTIVES, objective_of
from optimus_mlir.target import load_accelerator
from optimus_mlir.workload import Graph

EYERISS = load_accelerator("eyeriss")


def program_of(case: tuple[Graph, Schedule]) -> Program:
    try:
        return build_program(*case)
    except Unschedulable:
        assume(False)
        raise


def elements(box: Box, loops: Path, guard: Box) -> Iterator[tuple[int, ...]]:
    """The elements of a box, step by step."""
    for steps in itertools.product(*(range(axis.only_steps) for axis in loops)):
        at = dict(zip(loops, steps, strict=True))
        place = [(r, at[r.axis] if r.axis else 0) for r in box]
        if all(r.lengths[at[r.axis] if r.axis else 0] > 0 for r in guard):
            yield from itertools.product(*(range(r.begin[t], r.end[t]) for r, t in place))


@given(scheduled())
def test_visits_are_the_elements_of_all_steps(case: tuple[Graph, Schedule]) -> None:
    for node, loops, guard in walk(program_of(case).body):
        if not isinstance(node, Load | Store):
            continue
        visits = visits_of(node.box, loops, guard)
        assert visits.total == volume(node.box, loops, guard).item()
        found = list(elements(node.box, loops, guard))
        assert len(found) == visits.total
        moving = [r.axis for r in node.box if r.axis is not None]
        if len(set(moving)) == len(moving):
            assert visits.distinct == len(set(found))
        else:
            event("diagonal")
            assert visits.distinct >= len(set(found))


@given(scheduled())
def test_visits_of_a_computation_are_its_macs(case: tuple[Graph, Schedule]) -> None:
    for node, loops, guard in walk(program_of(case).body):
        if isinstance(node, Compute) and node.multiplies:
            visits = visits_of(node.loops, loops, guard)
            assert visits.total == volume(node.loops, loops, guard).item()
            assert visits.distinct <= node.operator.macs


@pytest.mark.parametrize("name", OBJECTIVES)
@given(scheduled())
def test_every_byte_costs_at_least_its_share(name: str, case: tuple[Graph, Schedule]) -> None:
    program_of(case)
    objective, cost = objective_of(name, EYERISS), price(*case, EYERISS)
    assert objective.of(cost) >= cost.dram_bytes * objective.per_dram_byte * (1 - 1e-12)
