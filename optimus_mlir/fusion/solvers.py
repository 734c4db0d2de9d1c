"""Partition a network into groups: each solver is a few lines on the same cost model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from optimus_mlir.cost import floor_bytes
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.plan import Group, Plan
from optimus_mlir.fusion.schedules import (
    Choice,
    best_schedule,
    readable,
    smallest_footprint_bytes,
    with_larger_blocks,
)
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Operator

Operators = tuple[Operator, ...]
Partition = list[Operators]


class GroupPrices:
    """Remembers the best schedule of every group structure: repeated blocks are priced once."""

    def __init__(self, graph: Graph, accelerator: Accelerator) -> None:
        self.graph = graph
        self.accelerator = accelerator
        self._choices: dict[tuple[object, ...], Choice] = {}
        self._smallest: dict[tuple[object, ...], int] = {}
        self._none_below: dict[tuple[object, ...], float] = {}

    def best(self, operators: tuple[Operator, ...], below: float = math.inf) -> Choice | None:
        """The best schedule of a group; None where it is not one group, or none fits `below` bytes."""
        group = self.graph.group(operators)
        if not is_group(group):
            return None
        key = group.signature
        if key not in self._choices and below > self._none_below.get(key, 0):
            choice = best_schedule(group.canonical(), self.accelerator, below)
            if choice is None:
                self._none_below[key] = below
            else:
                self._choices[key] = choice
        choice = self._choices.get(key)
        return choice if choice is not None and choice.price.dram_bytes < below else None

    def smallest_footprint_bytes(self, operator: Operator) -> int:
        """The smallest scratchpad in which the operator runs alone."""
        group = self.graph.group((operator,))
        if not group.outputs:
            raise OptimusError(f"{operator.name}: nothing needs its result: remove it")
        if group.signature not in self._smallest:
            smallest = smallest_footprint_bytes(group.canonical(), self.accelerator)
            self._smallest[group.signature] = smallest
        return self._smallest[group.signature]

    def floor(self, operators: tuple[Operator, ...]) -> int:
        return floor_bytes(self.graph.group(operators), self.accelerator)


def is_group(group: Graph) -> bool:
    """Connected, with the last operator's result as its only live-out."""
    if group.outputs != (group.operators[-1].write.tensor,):
        return False
    reached = {group.operators[-1].name}
    frontier = [group.operators[-1]]
    while frontier:
        for access in frontier.pop().reads:
            producer = group.producer.get(access.tensor)
            if producer is not None and producer.name not in reached:
                reached.add(producer.name)
                frontier.append(producer)
    return len(reached) == len(group.operators)


def layer_by_layer(_prices: GroupPrices, operators: Operators) -> Partition:
    """Every operator alone, under its own best schedule."""
    return [(operator,) for operator in operators]


def contiguous(prices: GroupPrices, operators: Operators) -> Partition:
    """The cheapest partition into runs of the program order: exact over those, by dynamic programming.

    A run is always convex, since program order is topological.
    """
    cost: list[int] = [0]
    start: list[int] = [0]
    for end in range(1, len(operators) + 1):
        least, begin_of_least = math.inf, 0
        for begin in reversed(range(end)):
            run = operators[begin:end]
            if cost[begin] + prices.floor(run) >= least:
                continue
            choice = prices.best(run, below=least - cost[begin])
            if choice is not None:
                least, begin_of_least = cost[begin] + choice.price.dram_bytes, begin
        cost.append(int(least))
        start.append(begin_of_least)
    runs: list[tuple[Operator, ...]] = []
    end = len(operators)
    while end:
        runs.append(operators[start[end] : end])
        end = start[end]
    return runs[::-1]


Solver = Callable[[GroupPrices, Operators], Partition]

SOLVERS: dict[str, Solver] = {"contiguous": contiguous, "layer-by-layer": layer_by_layer}


def solve(
    graph: Graph,
    accelerator: Accelerator,
    solver: str = "contiguous",
    stretches: Sequence[Sequence[str]] = (),
) -> Plan:
    """The plan of a named solver.

    No group reaches across the border of two `stretches`, which name the operators between ops that
    stay on the host; without them all operators are one. Raises OptimusError for an unknown solver
    or an accelerator on which some operator cannot run.
    """
    if solver not in SOLVERS:
        raise OptimusError(f"unknown solver '{solver}': choose one of {', '.join(sorted(SOLVERS))}")
    prices = GroupPrices(graph, accelerator)
    require_feasible(graph, prices)
    operators = {operator.name: operator for operator in graph.operators}
    partition = [
        group
        for names in stretches or [tuple(operators)]
        for group in SOLVERS[solver](prices, tuple(operators[name] for name in names))
    ]
    return _plan(solver, prices, partition)


def require_feasible(graph: Graph, prices: GroupPrices) -> None:
    """Every operator must run alone; otherwise say how much scratchpad the network needs."""
    stuck = [operator for operator in graph.operators if prices.best((operator,)) is None]
    if not stuck:
        return
    needs = {operator.name: prices.smallest_footprint_bytes(operator) for operator in stuck}
    worst = max(needs, key=lambda name: needs[name])
    raise OptimusError(
        f"{prices.accelerator.name}: a scratchpad of "
        f"{prices.accelerator.scratchpad_bytes} bytes is too small for {len(stuck)} of "
        f"{len(graph.operators)} operators; the largest, {worst}, needs at least "
        f"{needs[worst]} bytes: set scratchpad_bytes={needs[worst]} or more"
    )


def _plan(solver: str, prices: GroupPrices, runs: list[tuple[Operator, ...]]) -> Plan:
    groups: list[Group] = []
    for run in runs:
        choice = prices.best(run)
        assert choice is not None
        group = prices.graph.group(run).canonical()
        choice = readable(group, choice, prices.accelerator)
        choice = with_larger_blocks(group, choice, prices.accelerator)
        groups.append(Group(tuple(o.name for o in run), choice.schedule, choice.price))
    return Plan(solver, tuple(groups))
