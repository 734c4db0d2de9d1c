"""What plans for some sizes of the scratchpad teach: a table for all sizes in between."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence

from optimus_mlir.cost.nest import nests_of
from optimus_mlir.cost.stages import Known
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.costs import Space
from optimus_mlir.fusion.finishing import finished, readable
from optimus_mlir.fusion.plan import Plan
from optimus_mlir.fusion.plan_table import (
    Candidate,
    LearnedStretch,
    PlanTable,
    Stair,
    Staircase,
)
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import Choice, cheapest
from optimus_mlir.fusion.solvers import solve_with
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph
from optimus_mlir.workload.splitting import split_names, whole_names

Names = tuple[str, ...]

GRAIN = 1024  # bytes: staircases are exact at every multiple, and at every size that was learned


class Lessons:
    """Plans of one network for less and less scratchpad, and the table that they make."""

    def __init__(
        self, graph: Graph, accelerator: Accelerator, stretches: Sequence[Sequence[str]] = ()
    ) -> None:
        everything = [operator.name for operator in graph.operators]
        self._graph = graph
        self._stretches = [tuple(names) for names in stretches or [everything]]
        self._operators = {operator.name: operator for operator in graph.operators}
        self._prices = GroupPrices(graph, accelerator)
        self._plans: dict[int, Plan] = {}  # by size, the largest first
        self._staircases: dict[Hashable, Staircase] = {}

    def prices_in(self, size: int) -> GroupPrices:
        """Prices for a size, not larger than any before: what is known and still fits stays known."""
        self._prices = self._prices.in_less(size)
        return self._prices

    def learn(self, size: int, solver: str = "online", seconds: float = math.inf) -> Plan:
        """The plan for a size, smaller than all before; an OptimusError where there is none."""
        self.prices_in(size)
        self._plans[size] = solve_with(self._prices, solver, self._stretches, seconds)
        return self._plans[size]

    def table(self, model: str = "") -> PlanTable:
        """What the groups of all plans cost, from the largest size down to the smallest."""
        self._staircases.clear()
        stretches = tuple(map(self._stretch, self._stretches))
        return PlanTable(
            version=1,
            model=model,
            accelerator=self._prices.accelerator.to_dict(),
            bounds=tuple((size, plan.bound) for size, plan in self._plans.items()),
            staircases=tuple(self._staircases.values()),
            stretches=stretches,
        )

    def _stretch(self, names: Names) -> LearnedStretch:
        position = {name: i for i, name in enumerate(names)}
        orders: dict[tuple[int, ...], None] = {}
        candidates: dict[Names, Candidate] = {}
        for groups in ([(name,) for name in names], *self._partitions(position)):
            orders[tuple(position[name] for group in groups for name in group)] = None
            for group in groups:
                if group not in candidates:
                    places = tuple(position[name] for name in group)
                    candidates[group] = Candidate(operators=places, staircase=self._number(group))
        return LearnedStretch(
            operators=names, candidates=tuple(candidates.values()), orders=tuple(orders)
        )

    def _partitions(self, position: dict[str, int]) -> Iterator[list[Names]]:
        """The part of every plan that is about these operators, in running order.

        What a plan splits is a group of its own; tables do not split.
        """
        for plan in self._plans.values():
            whole = {
                part: names
                for split in plan.splits
                for names in [whole_names(self._graph, split)]
                for part in split_names(self._graph, names, [split])
            }
            groups = (whole.get(g.operators[0], g.operators) for g in plan.groups)
            yield [group for group in dict.fromkeys(groups) if group[0] in position]

    def _number(self, group: Names) -> int:
        """Of the staircase of a group; groups of equal structure share one."""
        key = self._key(group)
        if key not in self._staircases:
            parts = [self._staircases[self._key((name,))] for name in group if len(group) > 1]

            def apart(size: int) -> float:
                return sum(map(_cost, (part.within(size) for part in parts))) if parts else math.inf

            members = self._graph.group(self._operators[name] for name in group).canonical()
            accelerator = self._prices.accelerator
            self._staircases[key] = staircase(members, accelerator, self._sizes(), apart)
        return list(self._staircases).index(key)

    def _key(self, group: Names) -> Hashable:
        return self._prices.structure(tuple(self._operators[name] for name in group))

    def _sizes(self) -> list[int]:
        """Those at which staircases are exact, the largest first."""
        largest, smallest = max(self._plans), min(self._plans)
        grains = range(-(-smallest // GRAIN) * GRAIN, largest, GRAIN)
        return sorted({*self._plans, *grains}, reverse=True)


def learn(
    graph: Graph,
    accelerator: Accelerator,
    sizes: Sequence[int],
    stretches: Sequence[Sequence[str]] = (),
    *,
    solver: str = "online",
    seconds: float = math.inf,
) -> PlanTable:
    """Plan for these sizes of the scratchpad, each in up to so many seconds; DRAM bytes count.

    Sizes in which some operator does not fit are left out; an OptimusError where none is left.
    """
    largest, *smaller = sorted(set(sizes), reverse=True)
    target = accelerator.model_copy(update={"scratchpad_bytes": largest})
    lessons = Lessons(graph, target, stretches)
    lessons.learn(largest, solver, seconds)
    for size in smaller:
        try:
            lessons.learn(size, solver, seconds)
        except OptimusError:
            break
    return lessons.table()


def staircase(
    group: Graph, accelerator: Accelerator, sizes: Sequence[int], below: Callable[[int], float]
) -> Staircase:
    """The best schedules of a canonical group at all `sizes`, which fall, where it costs less.

    What is best for a size is best for all smaller ones in which it fits.
    """
    known = Known(nests_of(group))
    found: list[Choice] = []
    waiting = list(sizes)[::-1]
    while waiting:
        target = accelerator.model_copy(update={"scratchpad_bytes": (size := waiting.pop())})
        schedule = cheapest(Space(group, target, known), below(size))
        if schedule is not None:
            choice = readable(group, Choice.of(group, schedule, target), target)
            found += [choice, finished(group, choice, target)]
            waiting = waiting[: bisect_left(waiting, choice.price.footprint_bytes)]
    stairs = {choice.price.footprint_bytes: _stair(choice) for choice in found}
    return Staircase(stairs=tuple(stairs[footprint] for footprint in sorted(stairs)))


def _stair(choice: Choice) -> Stair:
    price = choice.price
    return Stair(
        footprint_bytes=price.footprint_bytes,
        dram_read_bytes=dict(price.dram_read_bytes),
        dram_write_bytes=dict(price.dram_write_bytes),
        macs=price.macs,
        schedule=choice.schedule,
    )


def _cost(stair: Stair | None) -> float:
    return math.inf if stair is None else stair.dram_bytes
