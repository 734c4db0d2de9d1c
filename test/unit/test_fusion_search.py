"""What the search promises: who wins a tie, what an impossible target is told, and repeatability."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from loop_nests import access, conv, graph

from optimus_mlir.cost import Block, Tile
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import solve
from optimus_mlir.fusion.costs import Space
from optimus_mlir.fusion.finishing import finished
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.fusion.space import Kind, families, kinds, tile_sizes
from optimus_mlir.fusion.tails import excess_of
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Graph, Operator, Tensor
from optimus_mlir.workload.gaps import has_gaps


def accelerator(scratchpad_bytes: int) -> Accelerator:
    fields = ["element_bits=8", f"scratchpad_bytes={scratchpad_bytes}"]
    return with_fields(load_accelerator("eyeriss"), fields)


ONE = graph((2, 8, 6), conv("a", "x", (4, 8, 6), 2, 3, padding=1))
X, WEIGHTS, RESULT = 96, 72, 192
BLOCK = graph(
    (2, 8, 6),
    conv("a", "x", (2, 8, 6), 2, 3, padding=1),
    conv("b", "a.o", (2, 8, 6), 2, 3, padding=1, residual="x"),
)


def test_sizes_have_different_numbers_of_steps() -> None:
    assert tile_sizes(10) == (5, 4, 3, 2, 1)
    assert tile_sizes(1) == ()


def test_no_tiles_where_everything_fits() -> None:
    choice = best_schedule(ONE, accelerator(X + WEIGHTS + RESULT))
    assert choice is not None
    assert choice.schedule.tiles == choice.schedule.blocks == ()


def test_a_loop_skips_what_a_strided_reader_leaves_out() -> None:
    """Even where all would fit at once: the traffic is the same, and half of the rows are computed."""
    first, second = conv("a", "x", (4, 7, 7), 2, 1), conv("b", "a.o", (4, 4, 4), 4, 1, stride=2)
    choice = best_schedule(graph((2, 7, 7), first, second), accelerator(10_000))
    assert choice is not None
    rows, columns = 4, 4  # of `a` that `b` reads
    assert choice.price.macs == rows * columns * (4 * 2 + 4 * 4)


def test_a_reader_that_reads_all_excuses_one_that_does_not() -> None:
    """Then nothing is for nobody, and no loop is needed."""
    members = (
        conv("a", "x", (4, 7, 7), 2, 1),
        conv("b", "a.o", (4, 4, 4), 4, 1, stride=2),
        conv("c", "a.o", (4, 4, 4), 4, 3, stride=2, padding=1, residual="b.o"),
    )
    assert not has_gaps(graph((2, 7, 7), *members))
    assert has_gaps(graph((2, 7, 7), *members[:2]))


def test_streaming_comes_before_tiling() -> None:
    """One byte less, and the weights come in blocks: no traffic more, and one tile step."""
    choice = best_schedule(ONE, accelerator(X + WEIGHTS + RESULT - 1))
    assert choice is not None
    assert choice.schedule.tiles == ()
    assert choice.schedule.blocks == (Block("a", 0, 1),)
    assert choice.price.dram_bytes == X + WEIGHTS + RESULT


def attention() -> Graph:
    """60 rows of queries against 40 keys, of 16 elements each, and as many values."""
    scores = Operator(
        "scores",
        (60, 40, 16),
        (False, False, True),
        (access("q", "mnk", "m", "k"), access("k", "mnk", "n", "k")),
        access("s", "mnk", "m", "n"),
    )
    weighted = Operator(
        "weighted",
        (60, 16, 40),
        (False, False, True),
        (access("s", "mnk", "m", "k"), access("v", "mnk", "k", "n")),
        access("o", "mnk", "m", "n"),
    )
    shapes = {"q": (60, 16), "k": (40, 16), "v": (40, 16), "s": (60, 40), "o": (60, 16)}
    tensors = {name: Tensor(name, shape) for name, shape in shapes.items()}
    return Graph((scores, weighted), tensors, ("o",))


KEYS, QUERIES = 640, 960


def test_keys_and_values_that_do_not_fit_come_for_every_tile_of_queries() -> None:
    """A key at a time, a column of the values at a time: scores never leave the chip."""
    choice = best_schedule(attention(), accelerator(600))
    assert choice is not None
    assert {(b.operator, b.loop) for b in choice.schedule.blocks} == {
        ("scores", 1),
        ("weighted", 1),
    }
    (tile,) = choice.schedule.tiles
    steps = -(-60 // tile.size)
    assert steps > 1
    reads = choice.price.dram_read_bytes
    assert reads == {"q": QUERIES, "k": steps * KEYS, "v": steps * KEYS}


def test_among_equals_the_fewest_tile_steps_win() -> None:
    """No channel's block fits any more. One row at a time would, in eight steps, as one column."""
    choice = best_schedule(ONE, accelerator(X + WEIGHTS // 4 + RESULT // 4 - 1))
    assert choice is not None
    assert choice.schedule.tiles == (Tile(2, 1),)
    assert choice.price.dram_bytes == X + WEIGHTS + RESULT


def test_among_equals_in_traffic_much_less_energy_wins() -> None:
    """Rows or columns are one to DRAM, but not to an array of 12 x 14."""
    square = graph(
        (2, 12, 12),
        conv("a", "x", (4, 12, 12), 2, 3, padding=1),
        conv("b", "a.o", (2, 12, 12), 4, 3, padding=1),
    ).canonical()
    target = accelerator(650)
    choice = best_schedule(square, target)
    assert choice is not None
    turned = finished(square, choice, target)
    assert turned.schedule.tiles != choice.schedule.tiles
    assert turned.price.dram_bytes == choice.price.dram_bytes
    assert turned.price.cost.energy.total_pj < 0.99 * choice.price.cost.energy.total_pj


def test_blocks_grow_as_far_as_they_fit() -> None:
    plan = solve(ONE, accelerator(X + WEIGHTS // 2 + RESULT))
    assert plan.groups[0].schedule.blocks == (Block("op0", 0, 2),)


def test_a_strided_kernel_of_one_is_cut_fine_and_never_costs_more_in_a_larger_scratchpad() -> None:
    network = graph((1, 8, 8), conv("a", "x", (1, 4, 4), 1, 1, stride=2))
    costs = [solve(network, accelerator(capacity)).dram_bytes for capacity in (3, 20, 1000)]
    assert costs == [16 + 1 + 16] * 3


def test_a_residual_block_is_fused_where_it_fits() -> None:
    plan = solve(BLOCK, accelerator(1000))
    assert [group.operators for group in plan.groups] == [("a", "b")]
    assert plan.dram_bytes == 96 + 36 + 36 + 96
    apart = solve(BLOCK, accelerator(1000), "layer-by-layer")
    assert apart.dram_bytes == plan.dram_bytes + 2 * 96 + 96  # a.o out and in, x again


def test_an_impossible_scratchpad_is_told_the_smallest_that_works() -> None:
    with pytest.raises(OptimusError) as error:
        solve(BLOCK, accelerator(20))
    assert str(error.value) == (
        "eyeriss: a scratchpad of 20 bytes is too small for 2 of 2 operators; the largest, a, "
        "needs at least 22 bytes: set scratchpad_bytes=22 or more"
    )  # for one result: 3x3 of one channel of an image and of the weights, a sum; x comes later
    assert solve(BLOCK, accelerator(22)).footprint_bytes == 22


def test_a_result_that_nobody_needs_is_an_error() -> None:
    operators = (*BLOCK.operators, replace(BLOCK.operators[0], name="c", write=_unused()))
    tensors = {**BLOCK.tensors, "c.o": Tensor("c.o", (2, 8, 6))}
    with pytest.raises(OptimusError, match="c: nothing needs its result"):
        solve(Graph(operators, tensors, BLOCK.outputs), accelerator(1000))


def _unused():
    return access("c.o", "khwcrs", "k", "h", "w")


def test_feature_maps_are_kept_at_every_depth() -> None:
    """Or forgotten, and computed anew; within a tile step what is computed is there throughout."""
    depths = {
        (keeps.get("x"), keeps.get("a.o"))
        for kind in kinds(BLOCK)
        for family in families(BLOCK, kind)
        if len(family.tiles) == 2
        for keeps in [{keep.tensor: keep.depth for keep in family.keeps}]
    }
    assert depths == {(0, 0), (1, 1), (None, 2)}


def test_the_smallest_gain_is_taken() -> None:
    """The tensor between the two has one element: 8 bits out and 8 bits in."""
    network = graph((1, 2, 2), conv("a", "x", (1, 1, 1), 1, 2), conv("b", "a.o", (1, 1, 1), 1, 1))
    assert len(solve(network, accelerator(100)).groups) == 1


def test_an_operator_before_the_loop_streams_once() -> None:
    """Channels of b are tiled, since its result does not fit; a runs before that loop."""
    network = graph((4, 2, 2), conv("a", "x", (4, 2, 2), 4, 1), conv("b", "a.o", (16, 2, 2), 4, 1))
    floor = 16 + 16 + 64 + 64
    choice = best_schedule(network, accelerator(40), below=floor + 1)
    assert choice is not None
    assert choice.price.dram_bytes == floor
    assert choice.schedule.blocks == (Block("b", 0, 1), Block("a", 0, 1))


def test_prices_remember_what_they_were_asked() -> None:
    prices = GroupPrices(BLOCK, accelerator(1000))
    cost = 96 + 36 + 36 + 96
    for below, found in ((10, False), (cost, False), (cost + 1, True), (cost, False), (1e9, True)):
        assert (prices.best(BLOCK.operators, below) is not None) == found
    assert prices.best(BLOCK.operators[:1]) is not None


def test_an_unknown_solver_is_told_the_known() -> None:
    with pytest.raises(OptimusError, match=r"unknown solver 'best'.*contiguous, .*layer-by-layer"):
        solve(BLOCK, accelerator(1000), "best")


PROGRAM = """
from test_fusion_search import BLOCK, accelerator
from optimus_mlir.fusion import solve
for capacity in (60, 150, 400):
    for group in solve(BLOCK, accelerator(capacity)).groups:
        print(group.operators, group.schedule.tiles, group.schedule.keeps,
              group.schedule.blocks, group.price)
"""


def test_plans_do_not_depend_on_the_hash_seed() -> None:
    def printed(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM]
        here = Path(__file__).parent
        return subprocess.run(
            command, cwd=here, env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert printed("1") == printed("2") == printed("3")


def test_operators_need_not_be_convolutions() -> None:
    add = Operator(
        "add",
        (4, 5),
        (False, False),
        (access("x", "ij", "i", "j"), access("y", "ij", "j", "i")),
        access("o", "ij", "i", "j"),
        multiplies=False,
    )
    shapes = {"x": (4, 5), "y": (5, 4), "o": (4, 5)}
    group = Graph((add,), {n: Tensor(n, shape) for n, shape in shapes.items()}, ("o",))
    assert solve(group, accelerator(3)).dram_bytes == 60
    with pytest.raises(OptimusError, match="scratchpad_bytes=3 or more"):
        solve(group, accelerator(2))


def test_readers_that_cannot_share_a_live_in_may_with_others() -> None:
    """The law's counterexample: x xT reads both rows and columns of a tile. With the sums of columns
    all of x stays, and is shared; a copy for xxT alone would depend on two loops."""
    sums = Operator(
        "sums", (2, 2), (True, False), (access("x", "kh", "k", "h"),), access("s", "kh", "h")
    )
    reads = access("x", "hw", "h", "w"), access("s", "hw", "w")
    scaled = Operator("scaled", (2, 2), (False, False), reads, access("y", "hw", "h", "w"))
    product = Operator(
        "xxT",
        (2, 2, 2),
        (False, False, True),
        (access("x", "hwk", "h", "k"), access("x", "hwk", "w", "k")),
        access("z", "hwk", "h", "w"),
    )
    tensors = {name: Tensor(name, (2, 2)) for name in ("x", "y", "z")} | {"s": Tensor("s", (2,))}
    group = Graph((sums, scaled, product), tensors, ("y", "z"))
    space, kind = Space(group, accelerator(6)), Kind((1, 0), maps=0, weights=2)
    fitting = [costs for costs in space.members_of(kind) if costs.fits().any()]
    assert [costs.dram_bytes.min() for costs in fitting] == [space.floor]
    assert excess_of(space, frozenset("x")).of(kind) == 0
