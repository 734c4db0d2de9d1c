"""Other objectives than DRAM bytes: what they count, and what a plan has little of."""

import math
from itertools import pairwise

import pytest
from loop_nests import conv, graph

from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import SOLVERS, solve
from optimus_mlir.fusion.objective import OBJECTIVES, objective_of
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.target import Accelerator, load_accelerator, with_fields

SHAPE = (2, 8, 6)


def accelerator(*fields: str) -> Accelerator:
    return with_fields(load_accelerator("eyeriss"), ["element_bits=8", *fields])


CHAIN = graph(
    SHAPE,
    conv("a", "x", SHAPE, 2, 3, padding=1),
    conv("b", "a.o", SHAPE, 2, 3, padding=1),
    conv("c", "b.o", SHAPE, 2, 3, padding=1, residual="a.o"),
)
PARTITIONS = [  # of the chain into runs
    [CHAIN.operators[i:j] for i, j in pairwise((0, *cuts, 3))] for cuts in ((), (1,), (2,), (1, 2))
]


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("capacity", [60, 90, 120, 200, 400])
def test_no_run_of_groups_is_cheaper_than_the_plan(name: str, capacity: int) -> None:
    target = accelerator(f"scratchpad_bytes={capacity}")
    objective = objective_of(name, target)
    prices = GroupPrices(CHAIN, target, objective)
    plan = solve(CHAIN, target, "contiguous", objective=objective)
    cost = sum(objective.of(group.price) for group in plan.groups)
    assert cost == pytest.approx(min(prices.total(partition) for partition in PARTITIONS))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_byte_costs_at_least_its_share(name: str) -> None:
    target = accelerator("scratchpad_bytes=120")
    objective = objective_of(name, target)
    for group in solve(CHAIN, target, "layer-by-layer", objective=objective).groups:
        assert objective.of(group.price) >= group.price.dram_bytes * objective.per_dram_byte > 0


def test_energy_prefers_recomputing_where_dram_is_dear_and_not_where_it_is_free() -> None:
    """Fusing the chain in small tiles computes halos twice; without DRAM energy it saves nothing."""
    cuts = {
        pj: len(
            solve(
                CHAIN,
                target := accelerator("scratchpad_bytes=120", f"dram_access_pj={pj}"),
                objective=objective_of("energy", target),
            ).groups
        )
        for pj in (0, 1000)
    }
    assert cuts[1000] <= cuts[0]


def test_a_search_for_less_finds_nothing_dearer() -> None:
    target = accelerator("scratchpad_bytes=120")
    prices = GroupPrices(CHAIN, target, objective_of("energy", target))
    (cheapest,) = (prices.best(CHAIN.operators[:1]),)
    assert cheapest is not None
    cost = prices.cost(cheapest.price)
    fresh = GroupPrices(CHAIN, target, objective_of("energy", target))
    assert fresh.best(CHAIN.operators[:1], cost) is None
    assert fresh.best(CHAIN.operators[:1], math.nextafter(cost, math.inf)) is not None


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_every_solver_minimises_cycles(solver: str) -> None:
    target = accelerator("scratchpad_bytes=400")
    assert solve(CHAIN, target, solver, objective=objective_of("cycles", target)).groups


def test_cycles_need_the_speed_of_dram() -> None:
    silent = load_accelerator("shidiannao")
    assert silent.dram_bytes_per_cycle is None
    with pytest.raises(OptimusError, match="dram_bytes_per_cycle is not known: set it"):
        objective_of("cycles", silent)
    assert objective_of("energy", silent).name == "energy"


def test_unknown_objective_names_the_known() -> None:
    with pytest.raises(OptimusError, match="choose one of dram-bytes, energy, cycles"):
        objective_of("edp", accelerator())


@pytest.mark.parametrize("name", ["energy", "cycles"])
def test_what_a_search_compares_is_what_runs(name: str) -> None:
    """The weights come in blocks, which are made as large as fits: that changes more than traffic."""
    two = graph(
        (4, 4, 6),
        conv("a", "x", (8, 4, 6), 4, 3, padding=1),
        conv("b", "a.o", (4, 4, 6), 8, 3, padding=1),
    )
    target = accelerator("scratchpad_bytes=400")
    objective = objective_of(name, target)
    (group,) = solve(two, target, objective=objective).groups
    assert [block.size for block in group.schedule.blocks] == [3, 2]
    seen = GroupPrices(two, target, objective).best(two.operators)
    assert seen is not None
    assert objective.of(seen.price) == objective.of(group.price)


@pytest.mark.parametrize(("name", "searches"), [("dram-bytes", 0), ("energy", 1), ("cycles", 1)])
def test_less_room_means_more_traffic_but_perhaps_less_energy(name: str, searches: int) -> None:
    """So only of traffic is it known that what was too dear stays so."""
    target = accelerator("scratchpad_bytes=200")
    objective = objective_of(name, target)
    choice = GroupPrices(CHAIN, target, objective).best(CHAIN.operators)
    assert choice is not None
    cost = objective.per_dram_byte * choice.price.dram_bytes  # too little for any schedule
    prices = GroupPrices(CHAIN, target, objective)
    assert prices.best(CHAIN.operators, below=cost) is None
    smaller = prices.in_less(choice.price.footprint_bytes)
    assert smaller.best(CHAIN.operators, below=cost) is None
    assert smaller.searches == searches
