"""Law 4 over partitions: off-line is the cheapest of all, and no baseline beats on-line."""

import math
from dataclasses import replace
from time import sleep

import numpy as np
from dags import BruteForce, MadeUpPrices, dags, made_up
from hypothesis import event, given, settings
from hypothesis import strategies as st
from networks import Network

from optimus_mlir.fusion import SOLVERS, in_running_order
from optimus_mlir.fusion.lattice import Lattice
from optimus_mlir.fusion.offline import offline
from optimus_mlir.fusion.paths import MOST_PREFIXES, Effort, Paths, least_cost_of_plan
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.fusion.solution import Patience
from optimus_mlir.fusion.solvers import solve_with
from optimus_mlir.fusion.stretch import Stretch
from optimus_mlir.target import load_accelerator
from optimus_mlir.workload import Graph

TARGET = load_accelerator("eyeriss")
seeds = st.integers(0, 2**32)
a_tenth = settings(max_examples=max(1, settings.default.max_examples // 10))


@given(dags(most_operators=6), seeds)
def test_offline_is_the_cheapest_partition(graph: Graph, seed: int) -> None:
    prices = MadeUpPrices(graph, TARGET, seed)
    solution = offline(prices, graph.operators, Patience())
    assert prices.total(solution.partition) == BruteForce(prices).over_partitions()
    assert solution.bound == prices.total(solution.partition)


@given(dags(most_operators=9), seeds)
def test_offline_is_the_cheapest_order_of_groups(graph: Graph, seed: int) -> None:
    prices = MadeUpPrices(graph, TARGET, seed)
    solution = offline(prices, graph.operators, Patience())
    assert prices.total(solution.partition) == BruteForce(prices).over_orders()


class SlowPrices(MadeUpPrices):
    """Every search gives other processes time to take something, too; many groups cost the same.

    What is known of a group before it is searched for depends on who asked.
    """

    def _search(self, operators: Operators, below: float) -> Choice | None:
        sleep(1e-4)
        cost = self._cost(operators)
        return made_up(int(cost)) if cost < below else None

    def _bound(self, operators: Operators) -> float:
        return max(super()._bound(operators), self._cost(operators) - 16)

    def _cost(self, operators: Operators) -> float:
        choice = super()._search(operators, math.inf)
        return math.inf if choice is None else choice.price.dram_bytes // 16 * 16 + 16


@a_tenth
@given(dags(most_operators=9) | dags(most_operators=16, latest=1), seeds, st.integers(2, 3))
def test_processes_find_together_what_one_finds(graph: Graph, seed: int, processes: int) -> None:
    one, several = (
        offline(SlowPrices(graph, TARGET, seed), graph.operators, Patience(), n)
        for n in (1, processes)
    )
    assert several == one


@a_tenth
@given(dags(most_operators=9), seeds, st.integers(0, 12))
def test_processes_out_of_time_have_a_true_bound(graph: Graph, seed: int, searches: int) -> None:
    prices = MadeUpPrices(graph, TARGET, seed)
    solution = offline(prices, graph.operators, patience_for(prices, searches), processes=2)
    least = BruteForce(MadeUpPrices(graph, TARGET, seed)).over_orders()
    assert solution.bound <= least <= prices.total(solution.partition) < math.inf


def patience_for(prices: GroupPrices, searches: int) -> Patience:
    """Time is out after so many schedule searches."""

    class Impatience(Patience):
        def is_over(self) -> bool:
            return prices.searches > searches

    return Impatience()


@given(dags(most_operators=9), seeds, st.integers(0, 12))
def test_a_search_out_of_time_has_a_true_bound(graph: Graph, seed: int, searches: int) -> None:
    prices = MadeUpPrices(graph, TARGET, seed)
    solution = offline(prices, graph.operators, patience_for(prices, searches))
    cost = prices.total(solution.partition)
    least = BruteForce(MadeUpPrices(graph, TARGET, seed)).over_orders()
    assert prices.floor(graph.operators) <= solution.bound <= least <= cost < math.inf


@given(dags(most_operators=9), seeds, st.sampled_from(sorted(SOLVERS)))
def test_every_solver_stops_when_time_is_out(graph: Graph, seed: int, name: str) -> None:
    """It looks at operators alone then, which a plan needs, and at groups of simple operators."""
    prices = MadeUpPrices(graph, TARGET, seed)
    alone = prices.total([(operator,) for operator in graph.operators])
    known = prices.searches
    solution = SOLVERS[name](prices, graph.operators, patience_for(prices, known + 2))
    looked_at_in_vain = 0 if name != "elementwise" else len(graph.operators)
    assert prices.searches <= known + 3 + looked_at_in_vain
    assert prices.total(solution.partition) <= alone


@given(dags(most_operators=9), seeds, st.integers(0, 60))
def test_no_plan_costs_less_than_the_bound(graph: Graph, seed: int, effort: int) -> None:
    """Whatever is known of prices, and however many groups are looked at."""
    prices = MadeUpPrices(graph, TARGET, seed)
    least = BruteForce(MadeUpPrices(graph, TARGET, seed)).over_orders()
    stretch = Stretch(graph, graph.operators)
    prefixes = stretch.prefixes(10**6)
    assert prefixes is not None
    paths = Paths(prices, stretch, Lattice(stretch, prefixes))
    ways = paths.cost_to(Effort(effort), np.zeros(1)), paths.cost_from(Effort(effort))
    assert prices.floor(graph.operators) <= ways[0][-1] <= least
    assert prices.floor(graph.operators) <= ways[1][0] <= least
    prices.total([(operator,) for operator in graph.operators])
    bound = least_cost_of_plan(prices, graph.operators)
    assert bound <= least
    if len(prefixes) <= MOST_PREFIXES and not paths.all_or_none().is_spent:
        assert ways[0][-1] <= bound


@given(dags(most_operators=9), seeds)
def test_nobody_beats_offline_and_no_baseline_beats_online(graph: Graph, seed: int) -> None:
    prices = MadeUpPrices(graph, TARGET, seed)
    cost: dict[str, float] = {}
    for name, solver in SOLVERS.items():
        partition = solver(prices, graph.operators, Patience()).partition
        names = [tuple(operator.name for operator in group) for group in partition]
        assert sorted(name for group in names for name in group) == sorted(
            operator.name for operator in graph.operators
        )
        assert sorted(in_running_order(graph, names)) == sorted(names)
        cost[name] = prices.total(partition)
    assert cost["offline"] <= cost["contiguous"] <= cost["layer-by-layer"]
    for name in ("greedy", "row", "chain", "elementwise", "layer-by-layer"):
        assert cost["offline"] <= cost["online"] <= cost[name]


@given(dags())
def test_least_elements_are_a_lower_bound_of_the_floor(graph: Graph) -> None:
    prices = GroupPrices(graph, TARGET)
    stretch = Stretch(graph, graph.operators)
    prefixes = stretch.prefixes(10**6)
    assert prefixes is not None
    lattice = Lattice(stretch, prefixes)
    for end in range(1, len(prefixes)):
        for begin, elements, last in zip(*lattice.below(end), strict=True):
            group = prefixes[end] & ~prefixes[begin]
            assert group.bit_length() - 1 == last
            assert stretch.is_convex(group)
            assert elements == stretch.least_elements(group)
            assert elements * TARGET.element_bytes <= prices.floor(stretch.members(group))


@st.composite
def image_networks(draw: st.DrawFn) -> Graph:
    """Convolutions, pools and additions with branches; more than one result may be wanted."""
    network = Network()
    size, kernels = draw(st.integers(3, 6)), st.sampled_from([1, 3])
    maps = [network.tensor("x", 2, size, size)]
    for _ in range(draw(st.integers(2, 5))):
        source = draw(st.sampled_from(maps))
        if draw(st.integers(0, 3)):
            kernel = draw(kernels)
            result = network.conv(source, 2, kernel, padding=kernel // 2)
        else:
            result = network.elementwise(source, draw(st.sampled_from(maps)))
        maps.append(result)
    graph = network.graph()
    read = {access.tensor for operator in graph.operators for access in operator.reads}
    return replace(graph, outputs=tuple(name for name in maps[1:] if name not in read))


@a_tenth
@given(image_networks(), st.integers(100, 600))
def test_offline_is_the_cheapest_partition_with_true_prices(graph: Graph, capacity: int) -> None:
    accelerator = TARGET.model_copy(update={"scratchpad_bytes": capacity})
    prices = GroupPrices(graph, accelerator)
    if any(prices.best((operator,)) is None for operator in graph.operators):
        return
    bound = least_cost_of_plan(GroupPrices(graph, accelerator), graph.operators)
    plan = solve_with(prices, "offline")
    event("beyond the floor" if bound > prices.floor(graph.operators) else "the floor")
    assert bound <= plan.dram_bytes == plan.bound == BruteForce(prices).over_orders()
