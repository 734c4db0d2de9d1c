"""`optimus sweep`: what it makes of the plans for each size."""

from optimus_mlir.cli.sweep_points import Point, never_worse, with_knees
from optimus_mlir.cost import Price, Schedule
from optimus_mlir.fusion import Plan
from optimus_mlir.fusion.plan import Group


def point(scratchpad_bytes: int, dram_bytes: int | None, bound: float = 0) -> Point:
    if dram_bytes is None:
        return Point(scratchpad_bytes, None, None)
    group = Group(("a",), Schedule(), Price({"x": dram_bytes}, {}, 0, 0))
    return Point(scratchpad_bytes, Plan("online", (group,), bound), dram_bytes)


def moved(points: list[Point]) -> list[int | None]:
    return [point.plan and point.plan.dram_bytes for point in points]


def test_a_plan_for_less_room_stays_where_none_is_better() -> None:
    points = never_worse([point(1, None), point(2, 90), point(4, 95, bound=70), point(8, 80)])
    assert moved(points) == [None, 90, 90, 80]
    assert points[2].plan is not None
    assert points[2].plan.bound == 70


def test_a_knee_moves_much_less_than_the_size_before() -> None:
    points = with_knees([point(1, None), point(2, 90), point(4, 89), point(8, 80)])
    assert [point.is_knee for point in points] == [False, True, False, True]
