"""What each solver fuses on networks where the schemes differ, and what the search says about it."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from loop_nests import conv, graph

from optimus_mlir.fusion import SOLVERS, NotAPartition, crew, in_running_order, offline, solve
from optimus_mlir.fusion.crew import Crew
from optimus_mlir.fusion.explain import unfused
from optimus_mlir.fusion.partition import is_connected
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.solvers import solve_with
from optimus_mlir.fusion.summary import traffic_by_kind
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Graph

SHAPE = (2, 8, 6)


def accelerator(scratchpad_bytes: int) -> Accelerator:
    fields = ["element_bits=8", f"scratchpad_bytes={scratchpad_bytes}"]
    return with_fields(load_accelerator("eyeriss"), fields)


def same(name: str, source: str, residual: str | None = None):
    return conv(name, source, SHAPE, 2, 3, padding=1, residual=residual)


CHAIN = graph(SHAPE, same("a", "x"), same("b", "a.o"), same("c", "b.o"))
RESIDUAL = graph(SHAPE, same("a", "x"), same("b", "a.o"), same("c", "b.o", residual="a.o"))
BRANCHES = graph(  # the branches of d are not a run of the program order
    SHAPE,
    same("a", "x"),
    same("b", "x"),
    same("c", "a.o"),
    same("d", "b.o"),
    same("e", "c.o", residual="d.o"),
)


def partition(network: Graph, solver: str, capacity: int = 2000) -> list[str]:
    plan = solve(network, accelerator(capacity), solver)
    return [" ".join(group.operators) for group in plan.groups]


@pytest.mark.parametrize("solver", ["chain", "row", "greedy", "online", "offline", "contiguous"])
def test_a_chain_is_fused_by_all(solver: str) -> None:
    assert partition(CHAIN, solver) == ["a b c"]


def test_elementwise_fuses_no_convolutions() -> None:
    assert partition(CHAIN, "elementwise") == ["a", "b", "c"]


@pytest.mark.parametrize("solver", ["row", "greedy", "online", "offline"])
def test_a_residual_block_is_fused(solver: str) -> None:
    assert partition(RESIDUAL, solver) == ["a b c"]


def test_chain_stops_at_branches_and_joins() -> None:
    assert partition(RESIDUAL, "chain") == ["a", "b", "c"]
    assert partition(BRANCHES, "chain") == ["a c", "b d", "e"]


def test_groups_need_not_be_contiguous() -> None:
    plan = solve(BRANCHES, accelerator(160), "offline")
    runs = solve(BRANCHES, accelerator(160), "contiguous")
    assert [group.operators for group in plan.groups] == [("a", "c"), ("b", "d", "e")]
    assert plan.dram_bytes < runs.dram_bytes


def test_offline_proves_its_plan_and_a_baseline_knows_more_than_the_floor() -> None:
    plan = solve(BRANCHES, accelerator(180), "offline")
    assert plan.bound == plan.dram_bytes
    floor = GroupPrices(BRANCHES, accelerator(180)).floor(BRANCHES.operators)
    assert floor < solve(BRANCHES, accelerator(180), "greedy").bound <= plan.bound


def test_the_bound_of_one_operator_knows_the_scratchpad() -> None:
    network = graph((64, 24, 24), conv("a", "x", (64, 24, 24), 64, 1))
    plan = solve(network, accelerator(1700), "online")
    assert GroupPrices(network, accelerator(1700)).floor(network.operators) < plan.bound
    assert plan.bound <= plan.dram_bytes


def test_traffic_by_kind_adds_up() -> None:
    plan = solve(CHAIN, accelerator(2000), "offline")
    traffic = traffic_by_kind(CHAIN, plan)
    assert (traffic.weights_read, traffic.maps_read, traffic.maps_written) == (3 * 36, 96, 96)
    assert traffic.total == plan.dram_bytes


def test_others_help_with_a_long_search(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"op{i}" for i in range(offline.LEAST + 1)]
    sources = ["x", *(f"{name}.o" for name in names)]
    network = graph(SHAPE, *map(same, names, sources))
    alone = solve(network, accelerator(600), "offline")
    monkeypatch.setattr(offline, "ALONE_SECONDS", 0)
    monkeypatch.setattr(offline, "usable_cores", lambda: 3)
    crews: list[int] = []

    def together(work: Callable[[Crew], object], processes: int) -> object:
        crews.append(processes)
        return crew.together(work, processes)

    monkeypatch.setattr(offline, "together", together)
    assert solve(network, accelerator(600), "offline") == alone
    assert crews == [1, 3]


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_search_makes_no_cycles_of_objects(solver: str) -> None:
    """The garbage collector rests during a search: what is not needed must go without it."""
    solve(RESIDUAL, accelerator(4096), solver)  # what the first time imports and remembers
    gc.collect()
    solve(RESIDUAL, accelerator(2048), solver)
    assert not gc.collect()
    assert gc.isenabled()


def test_groups_are_convex_and_run_one_after_the_other() -> None:
    assert in_running_order(BRANCHES, [("b", "d"), ("e",), ("a", "c")]) == [
        ("a", "c"),
        ("b", "d"),
        ("e",),
    ]
    with pytest.raises(NotAPartition, match="b is not in it, but needs a and is needed by c"):
        in_running_order(CHAIN, [("a", "c")])
    with pytest.raises(
        NotAPartition, match="groups need each other's results, so none can run first: b c; a d"
    ):
        in_running_order(BRANCHES, [("a", "d"), ("b", "c")])


def test_shared_weights_do_not_connect() -> None:
    assert is_connected(BRANCHES.group(BRANCHES.operators[:2]))  # both read x
    assert not is_connected(BRANCHES.group(BRANCHES.operators[2:4]))


def test_what_is_known_of_more_room_is_true_of_less() -> None:
    prices = GroupPrices(BRANCHES, accelerator(430))
    solve_with(prices, "offline")
    saved = 0
    for capacity in (300, 180, 150):
        prices = prices.in_less(capacity)
        fresh = GroupPrices(BRANCHES, accelerator(capacity))
        assert solve_with(prices, "offline") == solve_with(fresh, "offline")
        saved += fresh.searches - prices.searches
    assert saved > 0


def reasons(network: Graph, capacity: int, solver: str) -> list[str]:
    prices = GroupPrices(network, accelerator(capacity))
    return [str(edge) for edge in unfused(prices, solve_with(prices, solver))]


def test_every_edge_that_is_not_fused_has_its_reason() -> None:
    assert reasons(CHAIN, 2000, "offline") == []
    found = reasons(CHAIN, 60, "offline")
    assert found[0].startswith("a and b are not fused: fusing would ")
    assert reasons(CHAIN, 2000, "layer-by-layer")[0] == (
        "a and b are not fused: fusing would save, but the search did not look there: "
        "try the solver offline"
    )


def test_an_edge_across_the_host_is_told_so() -> None:
    prices = GroupPrices(CHAIN, accelerator(2000))
    stretches = [("a",), ("b", "c")]
    plan = solve_with(prices, "offline", stretches)
    (edge,) = unfused(prices, plan, stretches)
    assert str(edge) == "a and b are not fused: an op between them stays on the host"


def test_online_takes_time_in_proportion_to_the_network() -> None:
    """A chain of 2,000 operators, alike: all the time goes into the search, not into prices."""
    names = [f"f{i}" for i in range(2000)]
    sources = ["x", *(f"{name}.o" for name in names)]
    network = graph(SHAPE, *(same(n, s) for n, s in zip(names, sources, strict=False)))
    begin = perf_counter()
    plan = solve(network, accelerator(300), "online")
    assert perf_counter() - begin < 60  # seconds, on a machine that does other things too
    assert sum(len(group.operators) for group in plan.groups) == len(names)


PROGRAM = """
from test_solvers import BRANCHES, RESIDUAL, accelerator
from optimus_mlir.fusion import SOLVERS, solve
for network in (BRANCHES, RESIDUAL):
    for solver in SOLVERS:
        for capacity in (150, 180):
            plan = solve(network, accelerator(capacity), solver)
            print(plan.bound, [(group.operators, group.price) for group in plan.groups])
"""


def test_no_solver_depends_on_the_hash_seed() -> None:
    def printed(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        here = Path(__file__).parent
        return subprocess.run(
            command, cwd=here, env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert printed("1") == printed("2")
