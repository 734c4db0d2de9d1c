"""Plans in milliseconds for whatever part of the scratchpad is free, from earlier plans.

A table holds, for candidate groups of one network, their *staircase*: what they cost in how much
scratchpad, with the schedule. It is made once, by `learn`, and needs neither the network nor a
schedule search afterwards. The candidates are the groups of the plans that were learned, and every
operator alone. A table splits no operator, even where a plan that was learned does.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

from pydantic import Field

from optimus_mlir.cost import Price, Schedule
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.plan import Group, Plan
from optimus_mlir.fusion.plan_file import FilePart, PlanFile, PlannedGroup


class Stair(FilePart):
    """A schedule of a group, in canonical names, and its price."""

    footprint_bytes: int
    dram_read_bytes: dict[str, int]
    dram_write_bytes: dict[str, int]
    macs: int
    schedule: Schedule

    @cached_property
    def dram_bytes(self) -> int:
        return sum(self.dram_read_bytes.values()) + sum(self.dram_write_bytes.values())

    def group(self, operators: tuple[str, ...]) -> Group:
        moved = self.dram_read_bytes, self.dram_write_bytes
        return Group(operators, self.schedule, Price(*moved, self.footprint_bytes, self.macs))


class Staircase(FilePart):
    """Schedules of one group: each needs more scratchpad than the last, and moves no more."""

    stairs: tuple[Stair, ...]

    def within(self, scratchpad_bytes: int) -> Stair | None:
        """The cheapest that fits."""
        number = bisect_right(self._footprints, scratchpad_bytes)
        return self.stairs[number - 1] if number else None

    @property
    def least_bytes(self) -> int:
        return self._footprints[0]

    @cached_property
    def _footprints(self) -> list[int]:
        return [stair.footprint_bytes for stair in self.stairs]


class Candidate(FilePart):
    """Operators that may run together, by number, and the number of their staircase."""

    operators: tuple[int, ...]
    staircase: int


class LearnedStretch(FilePart):
    """The operators between two host ops: candidates, and the orders in which they have run."""

    operators: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    orders: tuple[tuple[int, ...], ...]

    @cached_property
    def prefixes(self) -> list[int]:
        """What has run at some moment of some order, as bits; small ones first."""
        found = {0}
        for order in self.orders:
            found.update(accumulate((1 << i for i in order), int.__or__))
        return sorted(found, key=lambda prefix: (prefix.bit_count(), prefix))

    @cached_property
    def steps(self) -> list[tuple[int, int, Candidate]]:
        """From which prefix to which a candidate leads, by number; in the order of the second."""
        number = {prefix: i for i, prefix in enumerate(self.prefixes)}
        masks = {c: sum(1 << i for i in c.operators) for c in self.candidates}
        holding: dict[int, list[Candidate]] = {}
        for candidate in self.candidates:
            for i in candidate.operators:
                holding.setdefault(i, []).append(candidate)
        found = {
            (number[end], number[begin], candidate)
            for begin, following in self._following()
            for candidate in holding[following]
            if not masks[candidate] & begin and (end := begin | masks[candidate]) in number
        }
        steps = sorted(found, key=lambda step: (step[0], step[1]))
        return [(begin, end, candidate) for end, begin, candidate in steps]

    def _following(self) -> Iterator[tuple[int, int]]:
        """Prefixes, and what comes next in some order."""
        for order in self.orders:
            reached = accumulate((1 << i for i in order), int.__or__, initial=0)
            yield from zip(reached, order, strict=False)


class PlanTable(FilePart):
    """What is known of a network on an accelerator. `bounds`: a scratchpad, what all plans move."""

    version: Literal[1] = Field(description="of this format")
    model: str = Field("", description="what was planned; not read back")
    accelerator: dict[str, Any] = Field(description="its fields, as in its YAML file")
    bounds: tuple[tuple[int, float], ...]
    staircases: tuple[Staircase, ...]
    stretches: tuple[LearnedStretch, ...]

    def plan(self, scratchpad_bytes: int) -> Plan:
        """The cheapest plan of candidate groups; with more room it never costs more."""
        stairs = [staircase.within(scratchpad_bytes) for staircase in self.staircases]
        self._require_room(stairs, scratchpad_bytes)
        groups: list[Group] = []
        for stretch in self.stretches:
            for candidate in _cheapest_path(stretch, stairs):
                stair = stairs[candidate.staircase]
                assert stair is not None
                names = tuple(stretch.operators[i] for i in candidate.operators)
                groups.append(stair.group(names))
        return Plan("table", tuple(groups), self._bound(scratchpad_bytes))

    def plan_file(self, scratchpad_bytes: int) -> PlanFile:
        """The same as a file that `optimus run --plan` replays."""
        planned = (
            PlannedGroup(operators=g.operators, schedule=g.schedule, names={}, price={})
            for g in self.plan(scratchpad_bytes).groups
        )
        return PlanFile(
            version=1,
            model=self.model,
            solver="table",
            accelerator=self.accelerator | {"scratchpad_bytes": scratchpad_bytes},
            groups=tuple(planned),
            splits=(),
        )

    def _require_room(self, stairs: list[Stair | None], scratchpad_bytes: int) -> None:
        """Every operator must run alone."""
        candidates = (c for stretch in self.stretches for c in stretch.candidates)
        alone = {c.staircase for c in candidates if len(c.operators) == 1}
        if any(stairs[number] is None for number in alone):
            least = max(self.staircases[number].least_bytes for number in alone)
            raise OptimusError(
                f"a free scratchpad of {scratchpad_bytes} bytes is too small: this table knows "
                f"plans for {least} bytes or more"
            )

    def _bound(self, scratchpad_bytes: int) -> float:
        """What is true of more room is true of less."""
        return max((bound for size, bound in self.bounds if size >= scratchpad_bytes), default=0)


def _cheapest_path(stretch: LearnedStretch, stairs: list[Stair | None]) -> list[Candidate]:
    """Dynamic programming over the prefixes."""
    price = [math.inf if stair is None else stair.dram_bytes for stair in stairs]
    cost = [0, *(math.inf for _ in stretch.prefixes[1:])]
    last: list[tuple[int, Candidate] | None] = [None for _ in cost]
    for begin, end, candidate in stretch.steps:
        reached = cost[begin] + price[candidate.staircase]
        if reached < cost[end]:
            cost[end], last[end] = reached, (begin, candidate)
    path: list[Candidate] = []
    end = len(cost) - 1
    while (step := last[end]) is not None:
        end, candidate = step
        path.append(candidate)
    return path[::-1]
