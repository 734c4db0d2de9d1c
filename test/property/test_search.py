"""Laws 4 and 5: the search finds the cheapest, and more room or more freedom never costs more."""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from networks import networks

from optimus_mlir.cost import Schedule, floor_bytes, price
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import members, solve
from optimus_mlir.fusion import space as space_module
from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import Rank, best_schedule, smallest_footprint_bytes
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Graph, Operator

EYERISS = load_accelerator("eyeriss")

capacities = st.integers(40, 2000)
a_fifth = settings(max_examples=max(1, settings.default.max_examples // 5))
small_groups = networks(most_operators=3, most_rows=5)


def with_capacity(scratchpad_bytes: int) -> Accelerator:
    return EYERISS.model_copy(update={"scratchpad_bytes": scratchpad_bytes})


def cells(costs: Costs) -> range:
    return range(costs.dram_bytes.size)


def rank(costs: Costs, cell: int) -> Rank:
    return rank_of(costs.group, costs.schedule(cell))


def rank_of(group: Graph, schedule: Schedule) -> Rank:
    """What the search compares: DRAM bytes, MACs, tile steps, blocks; from a price of its own."""
    shape = group.tensors[group.operators[-1].write.tensor].shape
    steps = math.prod(-(-shape[tile.dimension] // tile.size) for tile in schedule.tiles)
    of = price(group, schedule, EYERISS)
    return of.dram_bytes, of.macs, steps, len(schedule.blocks)


@given(networks(most_operators=4), st.data())
def test_a_family_costs_what_its_schedules_cost(group: Graph, data: st.DataObject) -> None:
    """What is priced all at once is priced as if each schedule were alone."""
    costs = data.draw(st.sampled_from(list(Space(group, EYERISS).members())))
    cell = data.draw(st.sampled_from(cells(costs)))
    of = price(group, costs.schedule(cell), EYERISS)
    assert rank(costs, cell) == (
        *(grid.ravel()[cell] for grid in (costs.dram_bytes, costs.macs, costs.steps)),
        len(costs.family.blocks),
    )
    assert costs.least_bytes.ravel()[cell] <= of.footprint_bytes
    assert floor_bytes(group, EYERISS) <= of.dram_bytes


@given(small_groups, capacities)
def test_best_schedule_is_the_best_of_the_space(group: Graph, capacity: int) -> None:
    """Nothing that ranks before it fits; without one, nothing fits at all."""
    accelerator = with_capacity(capacity)
    choice = best_schedule(group, accelerator)
    best: Rank = (math.inf, 0, 0, 0)
    if choice is not None:
        assert choice.price == price(group, choice.schedule, accelerator)
        assert choice.price.footprint_bytes <= capacity
        best = rank_of(group, choice.schedule)
        assert best_schedule(group, accelerator, below=best[0]) is None
    event("found" if choice else "none")
    for costs in Space(group, accelerator).members():
        for cell in np.flatnonzero(costs.fits() & (costs.dram_bytes <= best[0])).tolist():
            if rank(costs, cell) < best:
                schedule = costs.schedule(cell)
                assert price(group, schedule, accelerator).footprint_bytes > capacity, schedule


@given(networks(most_operators=4), st.data())
def test_no_block_saves_traffic(group: Graph, data: st.DataObject) -> None:
    """Save where a family says so. Its bounds hold for all members: the search stops at them."""
    space = Space(group, EYERISS)
    costs = data.draw(st.sampled_from(list(space.families())))
    event("blocks may save" if np.any(costs.bounds < costs.dram_bytes) else "none may")
    for start, streams in space.streamed(costs):
        for count in range(len(streams) + 1):
            more = space.with_streams(start, streams[:count])
            if more is not None:
                assert np.all(more.dram_bytes >= costs.bounds)
                assert np.all(more.dram_bytes >= start.bounds)


@given(networks(most_operators=4), st.data())
def test_streaming_saves_and_costs_what_the_search_expects(
    group: Graph, data: st.DataObject
) -> None:
    """The search skips numbers of streams with which nothing can be small and cheap enough."""
    space = Space(group, EYERISS)
    costs = data.draw(st.sampled_from(list(space.families())))
    for start, streams in space.streamed(costs):
        for count, (least_bytes, more_bytes) in enumerate(start.least_with(streams)):
            some = space.with_streams(start, streams[:count])
            event(f"costs more: {np.any(more_bytes > 0)}")
            if some is not None:
                assert np.all(some.least_bytes >= least_bytes)
                assert np.all(some.dram_bytes >= start.bounds_with(more_bytes))


@given(small_groups, st.lists(capacities, min_size=2, max_size=2, unique=True))
def test_a_larger_scratchpad_never_costs_more(group: Graph, sizes: list[int]) -> None:
    small, large = (best_schedule(group, with_capacity(size)) for size in sorted(sizes))
    assert small is None or (large is not None and large.price.dram_bytes <= small.price.dram_bytes)


@given(small_groups, capacities)
def test_more_options_never_cost_more(group: Graph, capacity: int) -> None:
    """Neither a second tile loop nor reductions in blocks."""
    accelerator = with_capacity(capacity)
    choice = best_schedule(group, accelerator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(space_module, "MOST_TILED", 1)
        patch.setattr(space_module, "MOST_ALONE", 1)
        fewer = best_schedule(group, accelerator)
    assert fewer is None or (choice and choice.price.dram_bytes <= fewer.price.dram_bytes)


@given(small_groups)
def test_the_smallest_scratchpad_is_the_smallest(group: Graph) -> None:
    smallest = smallest_footprint_bytes(group, EYERISS)
    assert best_schedule(group, with_capacity(smallest)) is not None
    assert best_schedule(group, with_capacity(smallest - 1)) is None


@a_fifth
@given(networks(), st.lists(capacities, min_size=2, max_size=3))
def test_plans_obey_the_laws(graph: Graph, sizes: list[int]) -> None:
    layers = fused = None
    for capacity in sorted(sizes):
        accelerator = with_capacity(capacity)
        try:
            plans = [solve(graph, accelerator, name) for name in ("layer-by-layer", "contiguous")]
        except OptimusError:
            assert layers is None  # what once fitted fits in more
            continue
        assert floor_bytes(graph, accelerator) <= plans[1].dram_bytes <= plans[0].dram_bytes
        assert layers is None or plans[0].dram_bytes <= layers
        assert fused is None or plans[1].dram_bytes <= fused
        layers, fused = (plan.dram_bytes for plan in plans)
        for plan in plans:
            network = plan.network(graph)
            names = [name for group in plan.groups for name in group.operators]
            assert names == [operator.name for operator in network.operators]
            assert plan.footprint_bytes <= capacity
            for group in plan.groups:
                canonical = members(network, group.operators).canonical()
                assert group.price == price(canonical, group.schedule, accelerator)


def partitions(operators: Sequence[Operator]) -> Iterator[list[tuple[Operator, ...]]]:
    """Every way to cut the program order into runs."""
    for cuts in itertools.product([False, True], repeat=len(operators) - 1):
        bounds = [0, *(i + 1 for i, cut in enumerate(cuts) if cut), len(operators)]
        yield [tuple(operators[a:b]) for a, b in itertools.pairwise(bounds)]


@a_fifth
@given(networks(), capacities)
def test_contiguous_is_the_cheapest_partition(graph: Graph, capacity: int) -> None:
    accelerator = with_capacity(capacity)
    try:
        plan = solve(graph, accelerator, "contiguous")
    except OptimusError:
        return
    prices = GroupPrices(graph, accelerator)
    assert plan.dram_bytes == min(map(prices.total, partitions(graph.operators)))


@a_fifth
@given(networks(most_operators=3))
def test_the_scratchpad_that_the_error_names_is_the_smallest_that_works(graph: Graph) -> None:
    with pytest.raises(OptimusError) as error:
        solve(graph, with_capacity(1))
    needed = int(str(error.value).split("set scratchpad_bytes=")[1].split()[0])
    for solver in ("layer-by-layer", "contiguous"):
        assert solve(graph, with_capacity(needed), solver).footprint_bytes <= needed
        with pytest.raises(OptimusError):
            solve(graph, with_capacity(needed - 1), solver)
