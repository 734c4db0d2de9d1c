"""Laws 4 and 5: the search finds the cheapest, and more room or more freedom never costs more."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import Network, graphs, networks

from optimus_mlir.cost import Price, Schedule, Unschedulable, floor_bytes, price
from optimus_mlir.cost.buffers import nests_of
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import members, solve
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import _Search, best_schedule
from optimus_mlir.fusion.space import Family, families
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Graph, Operator

EYERISS = load_accelerator("eyeriss")

capacities = st.integers(40, 2000)


def with_capacity(scratchpad_bytes: int) -> Accelerator:
    return EYERISS.model_copy(update={"scratchpad_bytes": scratchpad_bytes})


def space(group: Graph) -> Iterator[tuple[int, int, Schedule, Price]]:
    """Every schedule of a group with its tile steps, its streamed operators and its price."""
    for family in families(group):
        for tiles in family.tilings():
            for streams in range(len(family.blocks) + 1):
                schedule = family.schedule(tiles, streams)
                try:
                    yield family.steps(tiles), streams, schedule, price(group, schedule, EYERISS)
                except Unschedulable:
                    continue


@given(graphs(most_operators=3), capacities)
def test_best_schedule_is_the_best_of_the_space(group: Graph, capacity: int) -> None:
    ranks = [
        (of.dram_bytes, steps, streams)
        for steps, streams, _, of in space(group)
        if of.footprint_bytes <= capacity
    ]
    choice = best_schedule(group, with_capacity(capacity))
    assert (choice is None) == (not ranks)
    if choice is not None:
        assert choice.price.dram_bytes == min(ranks)[0]
        assert choice.price == price(group, choice.schedule, EYERISS)
        shape = group.tensors[group.outputs[0]].shape
        steps = (-(-shape[tile.dimension] // tile.size) for tile in choice.schedule.tiles)
        assert math.prod(steps) == min(ranks)[1]
        below = best_schedule(group, with_capacity(capacity), below=choice.price.dram_bytes)
        assert below is None


@given(graphs(most_operators=3))
def test_no_schedule_beats_the_floor(group: Graph) -> None:
    assert floor_bytes(group, EYERISS) <= min(of.dram_bytes for *_, of in space(group))


def assert_no_bound_excludes(group: Graph, schedule: Schedule, family: Family) -> None:
    """In a scratchpad of exactly its footprint, a schedule must be among the candidates."""
    try:
        of = price(group, schedule, EYERISS)
    except Unschedulable:
        return
    search = _Search(group, family, with_capacity(of.footprint_bytes), nests_of(group))
    streams, steps = len(schedule.blocks), family.steps(schedule.tiles)
    found = {n: dram_bytes for _, n, dram_bytes in search.candidates(schedule.tiles)}
    assert found[streams] == of.dram_bytes
    assert floor_bytes(group, EYERISS) + search.reread_bytes(steps) <= of.dram_bytes
    assert search.least_footprint_bytes <= of.footprint_bytes


@given(graphs(most_operators=4), st.data())
def test_no_bound_excludes_what_fits(group: Graph, data: st.DataObject) -> None:
    family = data.draw(st.sampled_from(list(families(group))))
    tiles = data.draw(st.sampled_from(list(family.tilings())))
    streams = data.draw(st.integers(0, len(family.blocks)))
    assert_no_bound_excludes(group, family.schedule(tiles, streams), family)


def all_of_a_is_needed_by_either_half(channels: int = 1) -> Network:
    """Under coarse tiles a runs before the loop, and x and its weights are gone by then."""
    network = Network()
    a = network.conv(network.tensor("x", channels, 2, 2), channels, 2)
    network.conv(a, channels, 2, padding=2)
    return network


def the_same_with_weights_to_stream() -> Network:
    return all_of_a_is_needed_by_either_half(2)


def coarse_tiles_have_no_halo() -> Network:
    """They need all of x, which then may be streamed; fine ones keep a halo."""
    network = Network()
    network.depthwise(network.tensor("x", 4, 6, 6), 7, 1, 3)
    return network


def a_is_not_computed_at_every_step() -> Network:
    network = Network()
    a = network.conv(network.tensor("x", 1, 4, 4), 3, 3, padding=1)
    network.conv(a, 3, 3, padding=1)
    return network


def a_branch_that_skips() -> Network:
    network = Network()
    network.downsample(network.tensor("x", 2, 5, 5), 2)
    return network


@pytest.mark.parametrize(
    "network",
    [
        all_of_a_is_needed_by_either_half,
        the_same_with_weights_to_stream,
        coarse_tiles_have_no_halo,
        a_is_not_computed_at_every_step,
        a_branch_that_skips,
    ],
)
def test_no_bound_excludes_what_fits_exhaustively(network: Callable[[], Network]) -> None:
    group = network().graph()
    for family in families(group):
        for tiles in family.tilings():
            for streams in range(len(family.blocks) + 1):
                assert_no_bound_excludes(group, family.schedule(tiles, streams), family)


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
            names = [name for group in plan.groups for name in group.operators]
            assert names == [operator.name for operator in graph.operators]
            assert plan.footprint_bytes <= capacity
            for group in plan.groups:
                canonical = members(graph, group.operators).canonical()
                assert group.price == price(canonical, group.schedule, accelerator)


def partitions(operators: Sequence[Operator]) -> Iterator[list[tuple[Operator, ...]]]:
    """Every way to cut the program order into runs."""
    for cuts in itertools.product([False, True], repeat=len(operators) - 1):
        bounds = [0, *(i + 1 for i, cut in enumerate(cuts) if cut), len(operators)]
        yield [tuple(operators[a:b]) for a, b in itertools.pairwise(bounds)]


@given(networks(), capacities)
def test_contiguous_is_the_cheapest_partition(graph: Graph, capacity: int) -> None:
    accelerator = with_capacity(capacity)
    try:
        plan = solve(graph, accelerator, "contiguous")
    except OptimusError:
        return
    prices = GroupPrices(graph, accelerator)
    assert plan.dram_bytes == min(map(prices.total, partitions(graph.operators)))


@given(networks(most_operators=3))
def test_the_scratchpad_that_the_error_names_is_the_smallest_that_works(graph: Graph) -> None:
    with pytest.raises(OptimusError) as error:
        solve(graph, with_capacity(1))
    needed = int(str(error.value).split("set scratchpad_bytes=")[1].split()[0])
    for solver in ("layer-by-layer", "contiguous"):
        assert solve(graph, with_capacity(needed), solver).footprint_bytes <= needed
        with pytest.raises(OptimusError):
            solve(graph, with_capacity(needed - 1), solver)
