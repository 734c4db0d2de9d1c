"""A table of earlier plans: what it says of any size of the scratchpad is true, and never gets worse."""

from collections.abc import Sequence

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from networks import networks
from test_partitions import image_networks

from optimus_mlir.cost import price
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import in_running_order, learning, members, solve
from optimus_mlir.fusion.learning import learn, staircase
from optimus_mlir.fusion.plan_table import PlanTable
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Graph

TARGET = load_accelerator("eyeriss")
a_tenth = settings(max_examples=max(1, settings.default.max_examples // 10))
capacities = st.integers(100, 600)


def with_capacity(scratchpad_bytes: int) -> Accelerator:
    return TARGET.model_copy(update={"scratchpad_bytes": scratchpad_bytes})


def learned(graph: Graph, sizes: Sequence[int]) -> PlanTable | None:
    """As from a file; None where not even the largest size will do."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(learning, "GRAIN", 16)  # of some hundred bytes
            table = learn(graph, TARGET, sizes)
    except OptimusError:
        return None
    return PlanTable.model_validate_json(table.model_dump_json())


@a_tenth
@given(image_networks(), st.lists(capacities, min_size=1, max_size=3), st.data())
def test_a_table_never_costs_more_in_more_room(
    graph: Graph, sizes: list[int], data: st.DataObject
) -> None:
    """And what it says is a plan that fits and costs that."""
    table = learned(graph, sizes)
    event("learned" if table else "too small")
    last = None
    for capacity in range(min(sizes), 800, data.draw(st.integers(7, 60))) if table else ():
        try:
            plan = table.plan(capacity)
        except OptimusError:
            assert last is None
            continue
        assert last is None or plan.dram_bytes <= last
        last = plan.dram_bytes
        names = [group.operators for group in plan.groups]
        assert in_running_order(graph, names)
        assert {n for group in names for n in group} == {o.name for o in graph.operators}
        assert plan.footprint_bytes <= capacity
        for group in plan.groups:
            canonical = members(graph, group.operators).canonical()
            assert group.price == price(canonical, group.schedule, with_capacity(capacity))


@a_tenth
@given(image_networks(), st.lists(capacities, min_size=1, max_size=3))
def test_a_table_is_as_good_as_the_search_at_the_sizes_that_were_learned(
    graph: Graph, sizes: list[int]
) -> None:
    table = learned(graph, sizes)
    for size in sizes if table else ():
        try:
            cold = solve(graph, with_capacity(size), "online")
        except OptimusError:
            continue
        if cold.splits:  # which tables do not
            continue
        plan = table.plan(size)
        assert cold.bound <= plan.bound <= plan.dram_bytes <= cold.dram_bytes


@a_tenth
@given(networks(most_operators=3, most_rows=5), st.lists(capacities, min_size=1))
def test_a_staircase_is_exact_at_its_sizes(graph: Graph, sizes: list[int]) -> None:
    group = graph.canonical()
    sizes = sorted(set(sizes), reverse=True)
    known = staircase(group, TARGET, sizes, lambda _size: float("inf"))
    for size in sizes:
        choice, stair = best_schedule(group, with_capacity(size)), known.within(size)
        assert (choice is None) == (stair is None)
        if choice is not None and stair is not None:
            assert stair.dram_bytes == choice.price.dram_bytes
