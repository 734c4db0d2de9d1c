"""DRAM bytes of schedules that are worked out by hand; an element is one byte here."""

from dataclasses import replace

import pytest
from loop_nests import BYTES, COLUMNS, ROWS, access, conv, graph, priced

from optimus_mlir.cost import (
    Block,
    Keep,
    Schedule,
    Tile,
    Unschedulable,
    build_program,
    floor_bytes,
    price,
)
from optimus_mlir.workload import Graph, Operator, Tensor

ONE = graph((1, 8, 6), conv("a", "x", (1, 8, 6), 1, 3, padding=1))
TWO = graph(
    (1, 8, 6),
    conv("a", "x", (1, 8, 6), 1, 3, padding=1),
    conv("b", "a.o", (1, 8, 6), 1, 3, padding=1),
)


def test_without_tiles_everything_moves_once() -> None:
    of = priced(ONE)
    assert of.dram_read_bytes == {"x": 48, "a.w": 9}
    assert of.dram_write_bytes == {"a.o": 48}
    assert of.macs == 48 * 9


def test_a_forgotten_halo_is_fetched_again_and_padding_never() -> None:
    rows = (3 - 0) + (5 - 1) + (7 - 3) + (8 - 5)  # of [0, 2), [2, 4), [4, 6), [6, 8)
    assert priced(ONE, Tile(ROWS, 2)).dram_read_bytes == {"x": rows * 6, "a.w": 9}


def test_a_window_fetches_every_row_once() -> None:
    assert priced(ONE, Tile(ROWS, 2), kept="x").dram_read_bytes == {"x": 48, "a.w": 9}


def test_the_last_tile_may_be_partial() -> None:
    rows = (4 - 0) + (7 - 2) + (8 - 5)  # of [0, 3), [3, 6), [6, 8)
    assert priced(ONE, Tile(ROWS, 3)).dram_read_bytes["x"] == rows * 6
    assert priced(ONE, Tile(ROWS, 3), kept="x").dram_read_bytes["x"] == 48
    assert priced(ONE, Tile(ROWS, 3)).dram_write_bytes == {"a.o": 48}


def test_the_depth_says_which_loop_a_window_lies_along() -> None:
    """Kept through all loops everything comes once, at the price of whole rows."""
    rows, columns = (5 - 0) + (8 - 3), (4 - 0) + (6 - 2)
    both = (Tile(ROWS, 4), Tile(COLUMNS, 3))
    assert priced(ONE, *both).dram_read_bytes["x"] == rows * columns
    assert priced(ONE, *both, kept="x", depth=1).dram_read_bytes["x"] == rows * 6
    assert priced(ONE, *reversed(both), kept="x", depth=1).dram_read_bytes["x"] == 8 * columns
    assert priced(ONE, *both, kept="x", depth=0).dram_read_bytes["x"] == 48
    assert priced(ONE, *both, kept="x", depth=2).dram_read_bytes["x"] == rows * columns


def test_what_stays_whole_outlives_the_loop_that_walks_it() -> None:
    """Channels inside of rows walk the weights: kept they stay, forgotten they come again."""
    group = graph((1, 8, 6), conv("a", "x", (4, 8, 6), 1, 3, padding=1))
    both = (Tile(ROWS, 4), Tile(0, 1))
    assert priced(group, *both).dram_read_bytes["a.w"] == 2 * 36
    assert priced(group, *both, kept="a.w").dram_read_bytes["a.w"] == 36
    assert priced(group, *both, kept="a.w", depth=1).dram_read_bytes["a.w"] == 2 * 36


def test_an_intermediate_window_computes_every_row_once() -> None:
    of = priced(TWO, Tile(ROWS, 2), kept="x a.o")
    assert of.dram_read_bytes == {"x": 48, "a.w": 9, "b.w": 9}
    assert of.macs == 2 * 48 * 9


def test_a_forgotten_intermediate_halo_is_computed_again() -> None:
    of = priced(TWO, Tile(ROWS, 2))
    rows_of_a = (3 - 0) + (5 - 1) + (7 - 3) + (8 - 5)
    rows_of_x = (4 - 0) + (6 - 0) + (8 - 2) + (8 - 4)
    assert of.dram_read_bytes["x"] == rows_of_x * 6
    assert of.macs == (rows_of_a + 8) * 6 * 9


def test_an_empty_step_needs_nothing() -> None:
    """With one row a step, row 7 of a is there before the last step, which then computes none."""
    rows_of_x = 3 + 3 + 3 + 3 + 3 + 3 + 2  # for rows [0, 2), 2, 3, 4, 5, 6, 7, and none, of a
    of = priced(TWO, Tile(ROWS, 1), kept="a.o")
    assert of.dram_read_bytes["x"] == rows_of_x * 6


def test_what_sees_only_padding_makes_nothing_move() -> None:
    """Neither the weights of what is never computed nor those of its inputs' producers."""
    never = graph(
        (1, 4, 4),
        conv("a", "x", (1, 2, 2), 1, 1, stride=2),
        conv("b", "a.o", (1, 1, 1), 1, 1, stride=3, padding=1),
    )
    of = priced(never)
    assert of.dram_read_bytes == {"x": 0, "a.w": 0, "b.w": 1}
    assert of.macs == 1


def test_an_empty_step_adds_nothing_to_what_others_need() -> None:
    """a's last new rows come two steps early; then x is read for the residual alone."""
    group = graph(
        (1, 8, 6),
        conv("a", "x", (1, 8, 6), 1, 5, padding=2),
        conv("b", "a.o", (1, 8, 6), 1, 3, padding=1, residual="x"),
    )
    rows_of_x = 4 + 5 + 5 + 5 + 5 + 4 + 3 + 1  # for rows [0, 2), 2, 3, 4, 5, 6, 7, and none, of a
    of = priced(group, Tile(ROWS, 1), kept="a.o")
    assert of.dram_read_bytes["x"] == rows_of_x * 6


def test_the_result_needs_no_window() -> None:
    keeps = tuple(Keep(name, 0) for name in ONE.tensors)
    program = build_program(ONE, Schedule((Tile(ROWS, 2),), keeps))
    assert program.buffers["x"].window == ROWS
    assert program.buffers["a.o"].shape == (1, 2, 6)
    assert program.buffers["a.w"].window is None


def test_a_diagonal_has_no_window() -> None:
    trace = Operator("d", (8,), (False,), (access("x", "i", "i", "i"),), access("o", "i", "i"))
    group = Graph((trace,), {"x": Tensor("x", (8, 8)), "o": Tensor("o", (8,))}, ("o",))
    assert priced(group, Tile(0, 3)).dram_read_bytes == {"x": 3 * 3 + 3 * 3 + 2 * 2}
    assert priced(group, Tile(0, 3), kept="x").dram_read_bytes == {"x": 8 * 8}


def test_a_strided_kernel_of_one_skips_rows_between_tiles() -> None:
    group = graph((1, 8, 8), conv("a", "x", (1, 4, 4), 1, 1, stride=2))
    assert floor_bytes(group, BYTES) == 16 + 1 + 16
    assert priced(group).dram_read_bytes["x"] == 7 * 7  # one box
    assert priced(group, Tile(ROWS, 2)).dram_read_bytes["x"] == (3 + 3) * 7
    assert priced(group, Tile(ROWS, 1), kept="x").dram_read_bytes["x"] == 4 * 7
    assert priced(group, Tile(ROWS, 1), Tile(COLUMNS, 1)).dram_read_bytes["x"] == 4 * 4


def test_streamed_weights_are_read_at_every_tile_step() -> None:
    group = graph((2, 8, 6), conv("a", "x", (4, 8, 6), 2, 3, padding=1))
    block = (Block("a", 0, 3),)
    assert priced(group, Tile(ROWS, 4)).dram_read_bytes["a.w"] == 72
    assert priced(group, Tile(ROWS, 4), blocks=block).dram_read_bytes["a.w"] == 2 * 72
    assert priced(group, blocks=block).dram_read_bytes["a.w"] == 72
    assert priced(group, Tile(0, 1), Tile(ROWS, 4)).dram_read_bytes["a.w"] == 72
    assert priced(group, Tile(ROWS, 4), Tile(0, 1)).dram_read_bytes["a.w"] == 2 * 72


def test_an_empty_step_streams_nothing() -> None:
    """Of the eight steps of b, a computes something in seven."""
    group = graph(
        (1, 8, 6),
        conv("a", "x", (2, 8, 6), 1, 3, padding=1),
        conv("b", "a.o", (1, 8, 6), 2, 3, padding=1),
    )
    of = priced(group, Tile(ROWS, 1), kept="x a.o", blocks=(Block("a", 0, 1),))
    assert of.dram_read_bytes == {"x": 48, "a.w": 7 * 18, "b.w": 18}


def test_a_residual_comes_a_block_at_a_time_unless_kept() -> None:
    group = graph((4, 8, 6), conv("a", "x", (4, 8, 6), 4, 3, padding=1, residual="y"))
    group = Graph(group.operators, {**group.tensors, "y": Tensor("y", (4, 8, 6))}, group.outputs)
    blocks = (Block("a", 0, 1),)
    streamed, kept = (priced(group, Tile(ROWS, 4), kept=k, blocks=blocks) for k in ("", "y"))
    assert streamed.dram_read_bytes["y"] == kept.dram_read_bytes["y"] == 192
    assert streamed.footprint_bytes < kept.footprint_bytes


def test_a_window_that_keeps_a_halo_is_not_streamed() -> None:
    loops = "chwrs"
    rows, columns = {"h": 1, "r": 1, "": -1}, {"w": 1, "s": 1, "": -1}
    depthwise = Operator(
        "d",
        (4, 8, 6, 3, 3),
        (False, False, False, True, True),
        (access("x", loops, "c", rows, columns), access("w", loops, "c", "r", "s")),
        access("o", loops, "c", "h", "w"),
    )
    tensors = [
        Tensor("x", (4, 8, 6)),
        Tensor("w", (4, 3, 3), constant=True),
        Tensor("o", (4, 8, 6)),
    ]
    group = Graph((depthwise,), {tensor.name: tensor for tensor in tensors}, ("o",))
    block = (Block("d", 0, 1),)
    kept = priced(group, Tile(ROWS, 4), kept="x", blocks=block)
    forgotten = priced(group, Tile(ROWS, 4), blocks=block)
    assert kept.dram_read_bytes == {"x": 192, "w": 2 * 36}
    assert forgotten.dram_read_bytes == {"x": 4 * (5 + 5) * 6, "w": 2 * 36}
    assert forgotten.footprint_bytes < kept.footprint_bytes


def test_two_accesses_share_a_block() -> None:
    """Blocks of one element read two, and one of them again."""
    pairs = Operator(
        "f",
        (8,),
        (False,),
        (access("x", "h", "h"), access("x", "h", {"h": 1, "": 1})),
        access("o", "h", "h"),
    )
    group = Graph((pairs,), {"x": Tensor("x", (9,)), "o": Tensor("o", (8,))}, ("o",))
    blocks = (Block("f", 0, 1),)
    assert priced(group, blocks=blocks).dram_read_bytes == {"x": 16}
    assert priced(group, blocks=blocks, kept="x").dram_read_bytes == {"x": 9}


def test_weights_of_two_operators_come_for_both() -> None:
    a, b = (conv(name, source, (2, 4, 4), 2, 1) for name, source in (("a", "x"), ("b", "a.o")))
    b = replace(b, reads=(b.reads[0], a.reads[1]))
    group = graph((2, 4, 4), a, b)
    group = group.group(group.operators)
    blocks = (Block("a", 0, 1), Block("b", 0, 1))
    streamed = priced(group, Tile(ROWS, 2), kept="a.o", depth=1, blocks=blocks)
    assert streamed.dram_read_bytes == {"x": 32, "a.w": 4}


def test_a_reduction_in_blocks_leaves_partial_sums_on_chip() -> None:
    """Inputs and weights come a channel at a time, once, and the sums need wider elements."""
    group = graph((4, 8, 6), conv("a", "x", (2, 8, 6), 4, 3, padding=1))
    of = priced(group, blocks=(Block("a", 3, 1),))
    assert of.dram_read_bytes == {"x": 192, "a.w": 72}
    assert of.dram_write_bytes == {"a.o": 96}
    assert of.footprint_bytes == 48 + 18 + 96 * BYTES.accumulator_bytes


def test_the_order_of_blocks_says_what_comes_again() -> None:
    """Result channels outside: inputs come for each of them, and one channel of sums is on chip."""
    group = graph((4, 8, 6), conv("a", "x", (2, 8, 6), 4, 3, padding=1))
    results_outside = priced(group, blocks=(Block("a", 0, 1), Block("a", 3, 1)))
    sums_outside = priced(group, blocks=(Block("a", 3, 1), Block("a", 0, 1)))
    assert results_outside.dram_read_bytes == {"x": 2 * 192, "a.w": 72}
    assert results_outside.footprint_bytes == 48 + 9 + 48 * BYTES.accumulator_bytes
    assert sums_outside.dram_read_bytes == {"x": 192, "a.w": 72}
    assert sums_outside.footprint_bytes == 48 + 9 + 96 * BYTES.accumulator_bytes


CHAIN = graph(
    (2, 8, 6),
    conv("a", "x", (4, 8, 6), 2, 3, padding=1),
    conv("b", "a.o", (3, 8, 6), 4, 3, padding=1),
)


def test_channels_are_exchanged_one_at_a_time() -> None:
    """b adds up one channel of a.o after the other, and a computes just that one."""
    whole, exchanged = priced(CHAIN), priced(CHAIN, blocks=(Block("b", 3, 1),))
    assert exchanged.dram_read_bytes == whole.dram_read_bytes
    assert exchanged.macs == whole.macs
    x, channel_of_a, weights = 96, 48, max(18, 27)  # those of a are gone when b's come
    assert exchanged.footprint_bytes == x + channel_of_a + weights + 144 * BYTES.accumulator_bytes


def test_what_is_kept_is_not_exchanged() -> None:
    of = priced(CHAIN, kept="a.o", blocks=(Block("b", 3, 1),))
    assert of.macs == priced(CHAIN).macs
    program = build_program(CHAIN, Schedule((), (Keep("a.o", 0),), (Block("b", 3, 1),)))
    assert program.buffers["a.o"].shape == (4, 8, 6)


def test_an_access_that_runs_backwards_is_kept_whole() -> None:
    """Rows leave a window in the order in which they enter; here the first needed is the last."""
    flip = Operator(
        "f",
        (8,),
        (False,),
        (access("x", "h", {"h": -1, "": 7}),),
        access("o", "h", "h"),
    )
    group = Graph((flip,), {"x": Tensor("x", (8,)), "o": Tensor("o", (8,))}, ("o",))
    assert priced(group, Tile(0, 3)).dram_read_bytes == {"x": 8}
    kept = priced(group, Tile(0, 3), kept="x")
    assert kept.dram_read_bytes == {"x": 8}
    assert kept.footprint_bytes == 8 + 3  # all of it came at the first step


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule((Tile(3, 1),)),
        Schedule((Tile(ROWS, 0),)),
        Schedule((Tile(ROWS, 1), Tile(ROWS, 2))),
        Schedule(keeps=(Keep("nothing", 0),)),
        Schedule(keeps=(Keep("x", -1),)),
        Schedule(keeps=(Keep("x", 0), Keep("x", 1))),
        Schedule(blocks=(Block("nobody", 0, 1),)),
        Schedule(blocks=(Block("a", 6, 1),)),
        Schedule(blocks=(Block("a", 0, 1), Block("a", 0, 1))),
        Schedule(blocks=(Block("a", 0, 0),)),
    ],
    ids=str,
)
def test_a_schedule_for_another_group_is_refused(schedule: Schedule) -> None:
    with pytest.raises(Unschedulable):
        price(ONE, schedule, BYTES)


def test_a_whole_that_depends_on_a_part_makes_it_whole() -> None:
    """All of q is there before the first step, so all that it needs of p is too."""
    a = Operator("a", (8,), (False,), (access("x", "h", "h"),), access("p", "h", "h"))
    head = Operator("b", (2,), (False,), (access("p", "h", "h"),), access("q", "h", "h"))
    root = Operator(
        "c",
        (8, 2),
        (False, True),
        (access("p", "hr", "h"), access("q", "hr", "r")),
        access("o", "hr", "h"),
    )
    tensors = {n: Tensor(n, (2,) if n == "q" else (8,)) for n in "xpqo"}
    group = Graph((a, head, root), tensors, ("o",))
    assert priced(group).dram_read_bytes == {"x": 8}
    assert priced(group, Tile(0, 4)).dram_read_bytes == {"x": 8}
    assert build_program(group, Schedule((Tile(0, 4),))).buffers["p"].loops == ()


@pytest.mark.parametrize(
    "blocks",
    [(Block("a", 4, 1),), (Block("a", 1, 2),)],
    ids=["a kernel's rows are added to the image's", "a tiled loop does not run at once"],
)
def test_blocks_that_make_no_sense_are_refused(blocks: tuple[Block, ...]) -> None:
    with pytest.raises(Unschedulable):
        priced(ONE, Tile(ROWS, 4), blocks=blocks)
