"""Partition a network into groups: every solver works on the same cost model."""

from __future__ import annotations

import gc
import math
from collections.abc import Generator, Hashable, Sequence
from contextlib import contextmanager
from dataclasses import replace

from optimus_mlir.cost import least_bytes_alone
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import baselines
from optimus_mlir.fusion.finishing import finished
from optimus_mlir.fusion.objective import DRAM_BYTES, Objective
from optimus_mlir.fusion.offline import offline
from optimus_mlir.fusion.online import online
from optimus_mlir.fusion.partition import in_running_order
from optimus_mlir.fusion.paths import least_cost_of_plan
from optimus_mlir.fusion.plan import Group, Plan
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.fusion.solution import Partition, Patience, Solver
from optimus_mlir.fusion.spilling import parts_of
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Split
from optimus_mlir.workload.splitting import attention_of

SOLVERS: dict[str, Solver] = {
    "offline": offline,
    "online": online,
    "contiguous": baselines.contiguous,
    "greedy": baselines.greedy,
    "row": baselines.row,
    "chain": baselines.chain,
    "elementwise": baselines.elementwise,
    "layer-by-layer": baselines.layer_by_layer,
}


@contextmanager
def _uncollected() -> Generator[None]:
    """A search makes no cycles of objects, and to look for some takes a fifth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def solve(
    graph: Graph,
    accelerator: Accelerator,
    solver: str = "contiguous",
    stretches: Sequence[Sequence[str]] = (),
    seconds: float = math.inf,
    *,
    objective: Objective = DRAM_BYTES,
    bounded: bool = True,
) -> Plan:
    """The plan of a named solver, which stops looking for a better one after some `seconds`.

    If it shall be `bounded`, its lower bound may be more than the floor, which takes time.

    No group reaches across the border of two `stretches`, which name the operators between ops that
    stay on the host; without them all operators are one. Raises OptimusError for an unknown solver
    or an accelerator on which some operator cannot run.
    """
    prices = GroupPrices(graph, accelerator, objective)
    return solve_with(prices, solver, stretches, seconds, bounded=bounded)


@_uncollected()
def solve_with(
    prices: GroupPrices,
    solver: str,
    stretches: Sequence[Sequence[str]] = (),
    seconds: float = math.inf,
    *,
    bounded: bool = True,
) -> Plan:
    """The same with prices that may be known from an earlier search."""
    if solver not in SOLVERS:
        raise OptimusError(f"unknown solver '{solver}': choose one of {', '.join(sorted(SOLVERS))}")
    require_feasible(prices)
    patience = Patience(seconds)
    operators = {operator.name: operator for operator in prices.graph.operators}
    partition: Partition = []
    bound = 0.0
    for names in stretches or [tuple(operators)]:
        members: Operators = tuple(operators[name] for name in names)
        solution = SOLVERS[solver](prices, members, patience)
        partition += solution.partition
        bound += solution.bound or _least(prices, members, bounded=bounded)
    groups, splits = _groups(prices, partition)
    return Plan(solver, tuple(groups), bound, tuple(splits))


def _least(prices: GroupPrices, operators: Operators, *, bounded: bool) -> float:
    """What the operators cost at the least, whatever the plan.

    For one alone that is what it communicates: under any schedule, not only those of the space.
    """
    if len(operators) == 1:
        dram_bytes = least_bytes_alone(prices.graph.group(operators), prices.accelerator)
        return dram_bytes * prices.objective.per_dram_byte
    floor = prices.floor(operators) * prices.objective.per_dram_byte
    return max(floor, least_cost_of_plan(prices, operators)) if bounded else floor


def require_feasible(prices: GroupPrices) -> None:
    """Every operator must run alone; otherwise say how much scratchpad the network needs."""
    operators = prices.graph.operators
    stuck = [operator for operator in operators if prices.best((operator,)) is None]
    if not stuck:
        return
    needs = {operator.name: prices.smallest_footprint_bytes(operator) for operator in stuck}
    worst = max(needs, key=lambda name: needs[name])
    raise OptimusError(
        f"{prices.accelerator.name}: a scratchpad of "
        f"{prices.accelerator.scratchpad_bytes} bytes is too small for {len(stuck)} of "
        f"{len(operators)} operators; the largest, {worst}, needs at least "
        f"{needs[worst]} bytes: set scratchpad_bytes={needs[worst]} or more"
    )


def _groups(prices: GroupPrices, partition: Partition) -> tuple[list[Group], list[Split]]:
    """The groups in the order in which they run, and the operators that are groups in parts."""
    groups: list[Group] = []
    splits: list[Split] = []
    chosen: dict[Hashable, Choice] = {}
    by_name = {operator.name: operator for operator in prices.graph.operators}
    parts = [tuple(operator.name for operator in part) for part in partition]
    for names in in_running_order(prices.graph, parts):
        part = tuple(by_name[name] for name in names)
        key = prices.structure(part)
        if key not in chosen:
            choice = prices.best(part)
            assert choice is not None
            group = prices.graph.group(part).canonical()
            chosen[key] = _finished(group, choice, prices)
        choice = chosen[key]
        if choice.split is None:
            groups.append(Group(names, choice.schedule, choice.price))
            continue
        splits.append(replace(choice.split, operator=names[0]))
        in_parts = parts_of(prices.graph.group(part), splits[-1])
        for members, each in zip(in_parts, choice.parts, strict=True):
            running = tuple(operator.name for operator in members.operators)
            groups.append(Group(running, each.schedule, each.price))
    return groups, splits


def _finished(group: Graph, choice: Choice, prices: GroupPrices) -> Choice:
    how = prices.accelerator, prices.objective
    if choice.split is None:
        return finished(group, choice, *how)
    if attention_of(group, choice.split) is not None:
        return choice  # its schedules say no more than needed
    parts = (part.canonical() for part in parts_of(group, choice.split))
    pairs = zip(parts, choice.parts, strict=True)
    return replace(choice, parts=tuple(finished(part, each, *how) for part, each in pairs))
