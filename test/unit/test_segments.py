"""Loops are cut where their steps stop looking alike."""

from loop_nests import conv, graph

from optimus_mlir.cost import Keep, Schedule, Tile, build_program
from optimus_mlir.tiling.segments import cut_loops

ROWS = 1
TWO = graph(
    (1, 8, 6),
    conv("a", "x", (1, 8, 6), 1, 3, padding=1),
    conv("b", "a.o", (1, 8, 6), 1, 3, padding=1),
)


def segments(rows: int, *kept: str) -> list[tuple[int, int]]:
    keeps = tuple(Keep(name, 0) for name in kept)
    program = build_program(TWO, Schedule((Tile(ROWS, rows),), keeps))
    [cut] = cut_loops(program).values()
    return [(segment.first, segment.count) for segment in cut]


def test_recomputation_differs_only_at_the_borders() -> None:
    """Rows [t - 2, t + 3) of x, clamped: two steps at either end are special."""
    assert segments(1) == [(0, 1), (1, 1), (2, 4), (6, 1), (7, 1)]


def test_a_window_has_a_first_fill_and_a_last_step() -> None:
    """All is there two steps before the end: step 6 loads nothing, step 7 computes none of a."""
    assert segments(1, "x", "a.o") == [(0, 1), (1, 1), (2, 4), (6, 1), (7, 1)]


def test_a_partial_last_tile_is_a_segment() -> None:
    assert segments(3)[-1] == (2, 1)


def test_every_step_is_in_one_segment() -> None:
    for rows in range(1, 8):
        covered = [
            step for first, count in segments(rows, "x") for step in range(first, first + count)
        ]
        assert covered == list(range(-(-8 // rows)))
