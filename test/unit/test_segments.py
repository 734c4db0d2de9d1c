"""Loops are cut where their steps stop looking alike."""

from loop_nests import access, conv, graph

from optimus_mlir.cost import Block, Keep, Schedule, Tile, build_program
from optimus_mlir.tiling.segments import cut_loops
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

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


def test_a_part_of_a_concatenation_is_the_same_wherever_else_the_block_lies() -> None:
    """16 channels of x, then 16 of y, in blocks of 4: of either the first four, then the others."""
    reads = (
        access("x", "khc", "c", "h"),
        access("y", "khc", {"c": 1, "": -16}, "h"),
        access("w", "khc", "k", "c"),
    )
    write = access("o", "khc", "k", "h")
    shapes = {"x": (16, 6), "y": (16, 6), "w": (8, 32), "o": (8, 6)}
    product = Operator("a", (8, 6, 32), (False, False, True), reads, write)
    tensors = {name: Tensor(name, shape) for name, shape in shapes.items()}
    program = build_program(
        Graph((product,), tensors, ("o",)), Schedule((), (), (Block("a", 2, 4),))
    )
    [cut] = cut_loops(program).values()
    assert [(segment.first, segment.count) for segment in cut] == [(0, 4), (4, 4)]


def test_steps_that_begin_at_the_same_place_of_a_block_take_turns() -> None:
    """Rows 3t .. 3t + 3 of 2 x 12: from the first row of a block, then from the second."""
    merged = (Linear((1, 1), divisor=2), Linear((0, 0), span=2))
    write = access("o", "hr", "h")
    rows = Operator("a", (21, 2), (False, True), (Access("x", merged),), write)
    tensors = {"x": Tensor("x", (12, 2)), "o": Tensor("o", (21,))}
    program = build_program(Graph((rows,), tensors, ("o",)), Schedule((Tile(0, 3),)))
    [cut] = cut_loops(program).values()
    assert [(s.first, s.count, s.period) for s in cut] == [(0, 3, 2), (6, 1, 1)]


def test_a_step_that_sees_only_padding_stands_apart() -> None:
    """A 1x1 convolution with padding computes its first and last row from nothing."""
    padded = graph((1, 4, 4), conv("a", "x", (1, 6, 6), 1, 1, padding=1))
    program = build_program(padded, Schedule(keeps=(Keep("x", 0),), blocks=(Block("a", 1, 1),)))
    [cut] = cut_loops(program).values()
    assert [(segment.first, segment.count) for segment in cut] == [(0, 1), (1, 4), (5, 1)]
