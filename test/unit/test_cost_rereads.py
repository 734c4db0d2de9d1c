"""A live-in that two operators read: fetched for both at once, or for each by itself."""

import json
from dataclasses import replace

import pytest
from loop_nests import BYTES, ROWS, conv, graph

from optimus_mlir.cli.account import sentences
from optimus_mlir.cost import (
    Block,
    Keep,
    Reread,
    Schedule,
    Tile,
    Unschedulable,
    build_program,
    price,
)
from optimus_mlir.fusion.account import account_of
from optimus_mlir.fusion.plan_file import PlannedGroup, plain
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import with_fields
from optimus_mlir.workload import Graph

SHAPE = (4, 6, 5)
MAP, CHANNEL, WEIGHTS = 120, 30, 2 * 4 * 4 * 9


def residual_block(*, kernel: int = 3) -> Graph:
    """x goes through two convolutions, and is added to what comes out."""
    padding = kernel // 2
    return graph(
        SHAPE,
        conv("a", "x", SHAPE, 4, kernel, padding=padding),
        conv("b", "a.o", SHAPE, 4, kernel, padding=padding, residual="x"),
    )


BLOCK = residual_block()
B_AGAIN = (Reread("x", "b"),)
NARROW_SUMS = with_fields(BYTES, ["accumulator_bits=8"])
EXCHANGE = Block("a", 3, 1), Block("b", 0, 1)
"""Channel by channel: a adds to all of a.o, then b reads all of it and leaves."""


def test_a_shortcut_waits_on_chip_or_is_read_again() -> None:
    """Either all of x is on chip, or the channel that a convolution is at, and comes twice."""
    waiting = price(BLOCK, Schedule(blocks=EXCHANGE), BYTES)
    again = price(BLOCK, Schedule(blocks=EXCHANGE, rereads=B_AGAIN), BYTES)
    assert waiting.dram_bytes == 2 * MAP + WEIGHTS
    assert again.dram_read_bytes["x"] == 2 * MAP
    assert again.dram_bytes == waiting.dram_bytes + MAP
    assert waiting.footprint_bytes - again.footprint_bytes == MAP - CHANNEL


def test_each_copy_is_a_buffer_with_a_load_of_its_own() -> None:
    windows = Keep("x", 0), Keep("a.o", 0)
    program = build_program(BLOCK, Schedule((Tile(ROWS, 1),), windows, rereads=B_AGAIN))
    assert program.buffers["x"].shape == (4, 3, 5)
    assert program.buffers["x", "b"].shape == (4, 1, 5)
    assert program.buffers["x", "b"].reader == "b"


def test_alike_copies_are_two_buffers_all_the_same() -> None:
    pointwise = residual_block(kernel=1)
    program = build_program(pointwise, Schedule(rereads=B_AGAIN))
    assert program.buffers["x"] is not program.buffers["x", "b"]


def test_a_copy_is_kept_at_a_depth_of_its_own() -> None:
    """Both convolutions read x with a halo; the first keeps it, and the second may or may not."""
    operators = (conv(name, "x", SHAPE, 4, 3, padding=1) for name in "ab")
    twice = replace(graph(SHAPE, *operators), outputs=("a.o", "b.o"))

    def read(depth: int | None) -> int:
        schedule = Schedule((Tile(ROWS, 3),), (Keep("x", 0),), rereads=(Reread("x", "b", depth),))
        return price(twice, schedule, BYTES).dram_read_bytes["x"]

    assert read(0) == 2 * MAP
    assert read(None) == 2 * MAP + 2 * 4 * 5


def test_all_readers_may_read_for_themselves() -> None:
    every = Schedule(rereads=(Reread("x", "a"), Reread("x", "b")))
    assert price(BLOCK, every, BYTES).dram_read_bytes["x"] == 2 * MAP
    assert "x" not in build_program(BLOCK, every).buffers


@pytest.mark.parametrize(
    "reread",
    [
        Reread("x", "nobody"),
        Reread("nothing", "a"),
        Reread("a.w", "b"),
        Reread("a.o", "b"),
        Reread("x", "b", -1),
    ],
    ids=str,
)
def test_only_a_reader_of_a_live_in_can_read_it_again(reread: Reread) -> None:
    with pytest.raises(Unschedulable, match="again"):
        price(BLOCK, Schedule(rereads=(reread,)), BYTES)


def test_nobody_reads_again_twice() -> None:
    with pytest.raises(Unschedulable, match="again"):
        price(BLOCK, Schedule(rereads=(Reread("x", "b"), Reread("x", "b", 0))), BYTES)


def test_the_search_reads_again_where_a_shortcut_does_not_fit() -> None:
    again = price(BLOCK, Schedule(blocks=EXCHANGE, rereads=B_AGAIN), NARROW_SUMS)
    small = with_fields(NARROW_SUMS, [f"scratchpad_bytes={again.footprint_bytes}"])
    choice = best_schedule(BLOCK, small)
    assert choice is not None
    assert choice.schedule.rereads == B_AGAIN
    assert choice.price.dram_bytes == again.dram_bytes


def test_the_account_tells_what_is_read_again() -> None:
    account = account_of(BLOCK, Schedule(blocks=EXCHANGE, rereads=B_AGAIN), BYTES)
    first, *_, again = (t for t in account.transfers if t.tensor == "x")
    assert (first.once_bytes, first.reread_bytes) == (MAP, 0)
    assert (again.once_bytes, again.reread_bytes, again.reader) == (0, MAP, "b")
    text = "\n".join(sentences(account, BLOCK, BYTES))
    assert "input x for b: 120 B = 120 B read again" in text


def test_a_plan_file_has_rereads() -> None:
    schedule = Schedule(rereads=(Reread("in0", "op1", 0), Reread("in0", "op0")))
    text = json.dumps({"operators": ["a", "b"], "schedule": plain(schedule)})
    assert PlannedGroup.model_validate_json(text).schedule == schedule
    assert schedule.renamed({"in0": "x", "op0": "a", "op1": "b"}).rereads == (
        Reread("x", "b", 0),
        Reread("x", "a"),
    )
