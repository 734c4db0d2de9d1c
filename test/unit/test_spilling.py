"""Partial sums spilled to DRAM: how a graph is split, and when that is cheaper."""

import math
from dataclasses import replace

import pytest
from loop_nests import BYTES, conv, graph

from optimus_mlir.cost import Schedule, floor_bytes, price
from optimus_mlir.fusion.in_parts import in_parts
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import Choice, best_schedule
from optimus_mlir.fusion.solvers import SOLVERS, solve
from optimus_mlir.fusion.spilling import cheapest_spilled, parts_of, splits_of
from optimus_mlir.target import Accelerator, with_fields
from optimus_mlir.workload import Graph, Split, Tensor, split_graph
from optimus_mlir.workload.splitting import can_split, split_names

SHAPE = (6, 4, 4)
IMAGE = math.prod(SHAPE)
CHANNELS = 3  # the loop of a convolution over its input channels
EQUAL = with_fields(BYTES, ["accumulator_bits=8"])


def layer() -> Graph:
    """A convolution of six channels that a shortcut is added to."""
    alone = graph(SHAPE, conv("a", "x", SHAPE, 6, 3, padding=1, residual="y"))
    return replace(alone, tensors={**alone.tensors, "y": Tensor("y", SHAPE)})


def wide() -> Graph:
    """A convolution of many channels over a small map, whose filters are most of what moves."""
    shape = (24, 5, 5)
    return graph(shape, conv("a", "x", shape, 24, 3, padding=1))


def large() -> Graph:
    """A convolution with a shortcut, which takes the place of a larger tile of sums."""
    shape = (16, 14, 14)
    alone = graph(shape, conv("a", "x", shape, 16, 3, padding=1, residual="y"))
    return replace(alone, tensors={**alone.tensors, "y": Tensor("y", shape)})


def with_scratchpad(accelerator: Accelerator, scratchpad_bytes: int) -> Accelerator:
    return with_fields(accelerator, [f"scratchpad_bytes={scratchpad_bytes}"])


def test_parts_are_operators_that_hand_on_their_sums() -> None:
    parts = split_graph(layer(), [Split("a", CHANNELS, (2, 3, 1))])
    names = [operator.name for operator in parts.operators]
    assert names == ["a.0", "a.1", "a.2"]
    first, second, last = parts.operators
    assert [operator.extents[CHANNELS] for operator in parts.operators] == [2, 3, 1]
    assert sum(operator.macs for operator in parts.operators) == layer().operators[0].macs
    assert [access.tensor for access in first.reads] == ["x", "a.w"]
    assert [access.tensor for access in second.reads] == ["x", "a.w", "%a.0"]
    assert [access.tensor for access in last.reads] == ["x", "a.w", "%a.1", "y"]
    assert (second.epilogue_reads, last.epilogue_reads) == (1, 2)
    assert last.write == layer().operators[0].write
    assert parts.tensors["%a.0"] == Tensor("%a.0", SHAPE, is_partial_sum=True)
    assert parts.outputs == layer().outputs


def test_a_part_reads_its_own_channels() -> None:
    parts = split_graph(layer(), [Split("a", CHANNELS, (2, 3, 1))])
    begins = [operator.reads[0].indices[0].constant for operator in parts.operators]
    assert begins == [0, 2, 5]
    second = parts.group([parts.operators[1]])
    reads = price(second, Schedule(), BYTES).dram_read_bytes
    assert (reads["x"], reads["a.w"]) == (3 * 16, 6 * 3 * 9)


def test_partial_sums_have_the_width_of_accumulators() -> None:
    assert BYTES.accumulator_bytes == 4
    first, last = parts_of(layer(), Split("a", CHANNELS, (3, 3)))
    left = price(first, Schedule(), BYTES)
    assert left.dram_write_bytes == {"%a.0": 4 * IMAGE}
    assert left.footprint_bytes == 3 * 16 + 6 * 3 * 9 + 4 * IMAGE
    added = price(last, Schedule(), BYTES)
    assert added.dram_read_bytes["%a.0"] == 4 * IMAGE
    assert added.dram_write_bytes == {"a.o": IMAGE}
    assert floor_bytes(first, BYTES) == left.dram_bytes


def test_only_sums_can_be_split() -> None:
    group = layer()
    (a,) = group.operators
    able = [loop for loop in range(len(a.extents)) if can_split(group, a, loop)]
    assert able == [CHANNELS]  # a kernel's rows are added to the image's
    largest = replace(a, adds_up=False)
    assert not can_split(replace(group, operators=(largest,)), largest, CHANNELS)


def test_parts_that_would_read_padding_are_not_split() -> None:
    group = layer()
    (a,) = group.operators
    narrow = {**group.tensors, "x": Tensor("x", (5, 4, 4))}
    assert not can_split(replace(group, tensors=narrow), a, CHANNELS)


def test_names_of_parts_take_the_place_of_their_operator() -> None:
    shape = (1, 4, 4)
    a, b, c = (conv(name, "x", shape, 2, 1) for name in "abc")
    splits = [Split("b", CHANNELS, (1, 1))]
    assert split_names(graph((2, 4, 4), a, b, c), ["a", "b", "c"], splits) == (
        "a",
        "b.0",
        "b.1",
        "c",
    )


def test_what_fits_gains_nothing_by_spilling() -> None:
    accelerator = with_scratchpad(BYTES, 9999)
    choice = best_schedule(layer(), accelerator)
    assert choice is not None
    assert cheapest_spilled(layer(), accelerator, choice.price.dram_bytes) is None


@pytest.mark.parametrize("scratchpad_bytes", [400, 800, 1200, 1600, 2400])
def test_the_cheapest_of_all_splits_is_found(scratchpad_bytes: int) -> None:
    """Against every split, each part under its best schedule, with no bound in between."""
    accelerator = with_scratchpad(EQUAL, scratchpad_bytes)
    found = cheapest_spilled(wide(), accelerator, 10**9)
    costs = [brute_force(wide(), split, accelerator) for split in splits_of(wide())]
    assert found is not None
    assert found.price.dram_bytes == min(costs)


def brute_force(group: Graph, split: Split, accelerator: Accelerator) -> float:
    choices = [best_schedule(part, accelerator) for part in parts_of(group, split)]
    return sum(choice.price.dram_bytes if choice else math.inf for choice in choices)


def spilling() -> tuple[GroupPrices, Choice, Choice]:
    """Prices where spilling pays, the best schedule without it, and what is chosen."""
    prices = GroupPrices(large(), with_scratchpad(EQUAL, 1024))
    whole, chosen = best_schedule(large(), prices.accelerator), prices.best(large().operators)
    assert whole is not None
    assert chosen is not None
    assert chosen.split is not None
    return prices, whole, chosen


def test_a_group_of_one_is_split_where_that_is_cheaper() -> None:
    prices, whole, chosen = spilling()
    assert chosen.price.dram_bytes < whole.price.dram_bytes
    costs = [brute_force(large(), split, prices.accelerator) for split in splits_of(large())]
    assert chosen.price.dram_bytes == min(costs)


def test_the_scratchpad_in_which_the_whole_moves_less_is_the_smallest() -> None:
    prices, whole, chosen = spilling()
    plan = solve(large(), prices.accelerator)
    (why,) = in_parts(plan, large(), prices.accelerator)
    assert (why.dram_bytes, why.whole_dram_bytes) == (plan.dram_bytes, whole.price.dram_bytes)
    assert why.enough is not None
    enough = with_scratchpad(EQUAL, why.enough.scratchpad_bytes)
    there, before = best_schedule(large(), enough), best_schedule(large(), one_less(enough))
    assert there is not None
    assert before is not None
    assert there.price.dram_bytes == why.enough.dram_bytes < chosen.price.dram_bytes
    assert before.price.dram_bytes >= chosen.price.dram_bytes


def one_less(accelerator: Accelerator) -> Accelerator:
    return with_scratchpad(accelerator, accelerator.scratchpad_bytes - 1)


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_a_plan_names_the_parts(solver: str) -> None:
    prices, _, chosen = spilling()
    plan = solve(large(), prices.accelerator, solver)
    assert chosen.split is not None
    assert plan.splits == (replace(chosen.split, operator="a"),)
    assert plan.dram_bytes == chosen.price.dram_bytes
    network = plan.network(large())
    assert [group.operators for group in plan.groups] == [(o.name,) for o in network.operators]
    for group, operator in zip(plan.groups, network.operators, strict=True):
        part = network.group([operator]).canonical()
        assert price(part, group.schedule, prices.accelerator) == group.price
