"""DRAM bytes of groups with several live-outs, worked out by hand; an element is one byte here."""

from dataclasses import replace

import pytest
from loop_nests import ROWS, access, conv, graph, priced

from optimus_mlir.cost import Block, Schedule, Tile, Unschedulable, build_program
from optimus_mlir.workload import Graph, Operator, Tensor

CHAIN = graph(
    (2, 8, 6),
    conv("a", "x", (4, 8, 6), 2, 3, padding=1),
    conv("b", "a.o", (3, 8, 6), 4, 3, padding=1),
)


def test_a_live_out_in_the_middle_is_written_once() -> None:
    """What b's tiles want of it overlaps; in a window it comes once, forgotten it would not."""
    group = replace(CHAIN, outputs=("a.o", "b.o"))
    of = priced(group, Tile(ROWS, 2), kept="a.o")
    assert of.dram_write_bytes == {"a.o": 192, "b.o": 144}
    with pytest.raises(
        Unschedulable, match=r"a\.o leaves the group but does not come exactly once"
    ):
        priced(group, Tile(ROWS, 2))


def test_a_live_out_that_is_read_in_part_is_written_whole() -> None:
    """b skips every other row and column, and a computes them nevertheless."""
    group = graph(
        (1, 8, 8), conv("a", "x", (1, 8, 8), 1, 1), conv("b", "a.o", (1, 4, 4), 1, 1, stride=2)
    )
    both = replace(group, outputs=("a.o", "b.o"))
    assert priced(both, Tile(ROWS, 1)).dram_write_bytes == {"a.o": 64, "b.o": 16}
    assert priced(group, Tile(ROWS, 1)).macs < priced(both, Tile(ROWS, 1)).macs


def test_a_live_out_that_is_read_along_a_diagonal_is_written_whole_or_not_at_all() -> None:
    copy = Operator(
        "a", (4, 4), (False, False), (access("x", "ij", "i", "j"),), access("p", "ij", "i", "j")
    )
    trace = Operator("d", (4,), (False,), (access("p", "i", "i", "i"),), access("o", "i", "i"))
    shapes = {"x": (4, 4), "p": (4, 4), "o": (4,)}
    group = Graph((copy, trace), {n: Tensor(n, shape) for n, shape in shapes.items()}, ("p", "o"))
    assert priced(group, Tile(0, 2), kept="p").dram_write_bytes == {"p": 16, "o": 4}
    with pytest.raises(Unschedulable, match="p leaves the group"):
        priced(group, Tile(0, 2))


def test_a_live_out_does_not_depend_on_loops_that_may_not_run() -> None:
    """The last step of c adds nothing up. A block at a time, what of p comes then is lost."""
    copy = Operator(
        "a", (2, 5), (False, False), (access("x", "ij", "i", "j"),), access("p", "ij", "i", "j")
    )
    rows = {"h": 1, "": -4}
    total = Operator(
        "b", (8, 2), (False, True), (access("p", "hc", "c", rows),), access("q", "hc", "h")
    )
    first = Operator("c", (12,), (False,), (access("q", "h", "h"),), access("o", "h", "h"))
    shapes = {"x": (2, 5), "p": (2, 5), "q": (8,), "o": (12,)}
    group = Graph((copy, total, first), {n: Tensor(n, s) for n, s in shapes.items()}, ("p", "o"))
    blocks = (Block("b", 1, 1),)
    assert priced(group, Tile(0, 4), kept="p", depth=1, blocks=blocks).dram_write_bytes["p"] == 10
    with pytest.raises(Unschedulable, match="p leaves the group"):
        priced(group, Tile(0, 4), blocks=blocks)


def test_a_live_out_may_depend_on_loops_that_run_whenever_it_comes() -> None:
    """As above, but somebody reads all of p, which so comes before the last step."""
    copy = Operator(
        "a", (2, 4), (False, False), (access("x", "ij", "i", "j"),), access("p", "ij", "i", "j")
    )
    rows = {"h": 1, "": -4}
    total = Operator(
        "b", (8, 2), (False, True), (access("p", "hc", "c", rows),), access("q", "hc", "h")
    )
    first = Operator("c", (12,), (False,), (access("q", "h", "h"),), access("o", "h", "h"))
    shapes = {"x": (2, 4), "p": (2, 4), "q": (8,), "o": (12,)}
    group = Graph((copy, total, first), {n: Tensor(n, s) for n, s in shapes.items()}, ("p", "o"))
    assert priced(group, Tile(0, 4), blocks=(Block("b", 1, 1),)).dram_write_bytes["p"] == 8


def test_last_results_share_the_tile_steps() -> None:
    """Half as many rows have half a step's share: b's eight rows and c's four come together."""
    b = conv("b", "x", (1, 8, 6), 1, 3, padding=1)
    c = conv("c", "x", (1, 4, 3), 1, 1, stride=2)
    group = graph((1, 8, 6), c, b)
    group = replace(group, outputs=("c.o", "b.o"))
    program = build_program(group, Schedule((Tile(ROWS, 2),)))
    assert program.buffers["c.o"].shape == (1, 1, 3)
    assert priced(group, Tile(ROWS, 2)).dram_write_bytes == {"c.o": 12, "b.o": 48}


def test_nothing_comes_for_a_result_that_is_complete() -> None:
    """Of two results, the smaller one has a row at two of three steps; its weights come as often."""
    small = Operator(
        "a",
        (2, 4),
        (False, False),
        (access("x", "hk", "h"), access("w", "hk", "k")),
        access("p", "hk", "h", "k"),
    )
    root = Operator(
        "b", (3, 4), (False, False), (access("x", "hk", "h"),), access("o", "hk", "h", "k")
    )
    tensors = {
        "x": Tensor("x", (3,)),
        "w": Tensor("w", (4,), constant=True),
        "p": Tensor("p", (2, 4)),
        "o": Tensor("o", (3, 4)),
    }
    group = Graph((small, root), tensors, ("p", "o"))
    assert priced(group, Tile(0, 1), Tile(1, 2)).dram_read_bytes["w"] == 2 * 4
    assert priced(group, Tile(0, 1), Tile(1, 2), kept="w").dram_read_bytes["w"] == 4
