"""What a sweep found for each size of the scratchpad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimus_mlir.fusion import Plan

KNEE = 0.95  # of the traffic at the size before, or less


@dataclass(frozen=True)
class Point:
    """The plan for one size; none where some operator does not fit."""

    scratchpad_bytes: int
    plan: Plan | None
    layer_by_layer_bytes: int | None
    is_knee: bool = False

    @property
    def groups(self) -> list[tuple[str, ...]]:
        return [group.operators for group in self.plan.groups] if self.plan else []


def never_worse(points: Sequence[Point]) -> list[Point]:
    """The points, small sizes first; a plan for less room stays where the search found none better.

    It fits in more, and moves the same. Of solvers that prove nothing this is not a matter of course.
    """
    kept: list[Point] = []
    best: Plan | None = None
    for point in points:
        best = _better(point.plan, best)
        kept.append(replace(point, plan=best))
    return kept


def _better(plan: Plan | None, of_less_room: Plan | None) -> Plan | None:
    if plan is None or of_less_room is None or plan.dram_bytes <= of_less_room.dram_bytes:
        return plan
    return replace(of_less_room, bound=plan.bound)


def with_knees(points: Sequence[Point]) -> list[Point]:
    """The points, small sizes first, with those marked that move much less than the one before."""
    marked: list[Point] = []
    last: Plan | None = None
    for point in points:
        fell = point.plan and (last is None or point.plan.dram_bytes <= KNEE * last.dram_bytes)
        marked.append(replace(point, is_knee=bool(fell)))
        last = point.plan
    return marked
