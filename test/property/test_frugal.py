"""Energy and cycles: bounds that the search trusts, and a schedule that is the best of its kind."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from networks import networks

from optimus_mlir.cost import Schedule
from optimus_mlir.fusion.costs import Space
from optimus_mlir.fusion.finishing import with_larger_blocks
from optimus_mlir.fusion.frugal import bounds_of, most_frugal
from optimus_mlir.fusion.objective import Objective, objective_of
from optimus_mlir.fusion.schedules import Choice, cheapest
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Graph

EYERISS = load_accelerator("eyeriss")
OVERLAPPED = EYERISS.model_copy(update={"double_buffering": True, "macs_per_pe": 2})

names = st.sampled_from(["energy", "cycles"])
accelerators = st.sampled_from([EYERISS, OVERLAPPED])
small_groups = networks(most_operators=2, most_rows=5)


def cost(space: Space, schedule: Schedule, objective: Objective) -> float:
    """With blocks as large as fit, which is how it is run."""
    choice = Choice.of(space.group, schedule, space.accelerator)
    return objective.of(with_larger_blocks(space.group, choice, space.accelerator).price)


@given(networks(most_operators=4), accelerators, names, st.data())
def test_nothing_costs_less_than_its_bound(
    group: Graph, accelerator: Accelerator, name: str, data: st.DataObject
) -> None:
    space, objective = Space(group, accelerator), objective_of(name, accelerator)
    costs = data.draw(st.sampled_from(list(space.members())))
    bounds = bounds_of(costs, objective)
    cell = data.draw(st.integers(0, bounds.size - 1))
    bound = float(bounds.ravel()[cell])
    plain = Choice.of(group, costs.schedule(cell), accelerator)
    event(f"tight: {objective.of(plain.price) <= 1.2 * bound}")
    assert bound <= objective.of(plain.price) * (1 + 1e-9)
    assert bound <= cost(space, plain.schedule, objective) * (1 + 1e-9)


@given(small_groups, st.integers(40, 2000), accelerators, names)
def test_the_best_is_the_best_of_each_familys_most_promising(
    group: Graph, capacity: int, accelerator: Accelerator, name: str
) -> None:
    """By brute force, without any pruning. The least traffic is never better."""
    sized = accelerator.model_copy(update={"scratchpad_bytes": capacity})
    space, objective = Space(group, sized), objective_of(name, sized)
    found = most_frugal(space, objective)
    everything = [*promising(space, objective), cheapest(space)]
    least = min((cost(space, s, objective) for s in everything if s), default=math.inf)
    event("found" if found else "none")
    assert (found is None) == math.isinf(least)
    if found is not None:
        price = Choice.of(group, found, sized).price
        assert price.footprint_bytes <= capacity
        assert objective.of(price) == pytest.approx(least)
        assert most_frugal(space, objective, below=objective.of(price)) is None


def promising(space: Space, objective: Objective) -> Iterator[Schedule]:
    """Of every family, the schedule with the lowest bound that fits, and the fewest steps."""
    for costs in space.members():
        columns = [grid.ravel().tolist() for grid in (bounds_of(costs, objective), costs.steps)]
        for cell in sorted(range(len(columns[0])), key=lambda i: [c[i] for c in columns]):
            schedule = costs.schedule(cell)
            if costs.footprint_bytes(schedule) <= costs.capacity:
                yield schedule
                break
