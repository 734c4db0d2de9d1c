"""Accounts of small groups, every figure worked out by hand."""

from loop_nests import access, conv, graph

from optimus_mlir.cli.account import sentences
from optimus_mlir.cost import Block, Keep, Schedule, Tile, price
from optimus_mlir.fusion import solve
from optimus_mlir.fusion.account import Account, Again, LoopOf, Transfer, account_of
from optimus_mlir.fusion.capacities import Capacity, capacities
from optimus_mlir.fusion.explain import explanation
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Graph, Operator, Tensor


def accelerator(scratchpad_bytes: int) -> Accelerator:
    fields = ["element_bits=8", f"scratchpad_bytes={scratchpad_bytes}"]
    return with_fields(load_accelerator("eyeriss"), fields)


# Two 3x3 convolutions of one channel without padding: 8x8 -> 6x6 -> 4x4.
CHAIN = graph((1, 8, 8), conv("a", "x", (1, 6, 6), 1, 3), conv("b", "a.o", (1, 4, 4), 1, 3))
ROWS = LoopOf("b", is_tile=True, number=1, size=2, extent=4)


def account(group: Graph, schedule: Schedule, scratchpad_bytes: int = 1000) -> Account:
    return account_of(group, schedule, accelerator(scratchpad_bytes))


def transfers(account: Account) -> dict[str, Transfer]:
    return {transfer.tensor: transfer for transfer in account.transfers}


def test_halo_is_fetched_and_computed_again() -> None:
    """Two rows a step need 6 of the 8 rows of x and 4 of the 6 of a.o: 4 and 2 come twice."""
    found = account(CHAIN, Schedule((Tile(1, 2),)))
    assert transfers(found)["x"] == Transfer(
        "x", "input", 96, 64, 0, (Again(ROWS, 2, is_halo=True, count=4 * 8),)
    )
    first, second = found.computations
    assert (first.macs, first.again) == (2 * 24 * 9, (Again(ROWS, 2, is_halo=True, count=12 * 9),))
    assert (second.macs, second.again) == (16 * 9, ())
    assert found.macs == first.macs + second.macs
    assert found.dram_bytes == 96 + 9 + 9 + 16
    assert found.floor_bytes == 64 + 9 + 9 + 16


def test_windows_bring_everything_once() -> None:
    found = account(CHAIN, Schedule((Tile(1, 2),), (Keep("x", 0), Keep("a.o", 0))))
    assert all(not transfer.again for transfer in found.transfers)
    assert all(not computation.again for computation in found.computations)
    windows = {resident.tensor for resident in found.residents if resident.is_window}
    assert windows == {"x", "a.o"}


ONE = graph((2, 8, 6), conv("a", "x", (4, 8, 6), 2, 3, padding=1))


def test_weights_are_streamed_again_at_every_step() -> None:
    """Four tiles of two rows, the weights of one channel at a time in each."""
    schedule = Schedule((Tile(1, 2),), blocks=(Block("a", 0, 1),))
    found = account(ONE, schedule)
    rows = LoopOf("a", is_tile=True, number=1, size=2, extent=8)
    again = Again(rows, 4, is_halo=False, count=3 * 72)
    assert transfers(found)["a.w"] == Transfer("a.w", "weights", 4 * 72, 72, 0, (again,))
    # Rows 0-2, 1-4, 3-6, 5-7 and no padding: 3 + 4 + 4 + 3 of 8 rows, of 12 elements each.
    (halo,) = transfers(found)["x"].again
    assert (halo.count, halo.is_halo) == (6 * 12, True)


def test_input_is_read_again_for_every_block_of_channels() -> None:
    """Channels outside, rows inside: rows 0-4 and 3-7 of the image, and that for each block."""
    channels = LoopOf("a", is_tile=True, number=0, size=2, extent=4)
    rows = LoopOf("a", is_tile=True, number=1, size=4, extent=8)
    assert transfers(account(ONE, Schedule((Tile(0, 2), Tile(1, 4)))))["x"].again == (
        Again(rows, 2, is_halo=True, count=2 * 12),
        Again(channels, 2, is_halo=False, count=10 * 12),
    )


def test_what_lies_between_strides_comes_along() -> None:
    """A 1x1 convolution of stride 2 needs 4 rows of 7 and 3 columns of 5; three rows come with a
    tile of two rows of the result."""
    small = graph((1, 7, 5), conv("a", "x", (1, 4, 3), 1, 1, stride=2))
    found = transfers(account(small, Schedule((Tile(1, 2),))))["x"]
    assert (found.once_bytes, found.unneeded_bytes, found.bytes) == (12, 18, 30)
    assert found.again == ()


def test_the_worst_moment_is_what_fills_the_scratchpad() -> None:
    found = account(CHAIN, Schedule())
    assert [(r.tensor, r.bytes) for r in found.residents] == [("x", 64), ("a.o", 36), ("a.w", 9)]
    assert found.footprint_bytes == sum(r.bytes for r in found.residents)


def test_a_larger_scratchpad_buys_what_the_search_finds_in_it() -> None:
    for capacity in (60, 80, 100, 120):
        choice = best_schedule(CHAIN, accelerator(capacity))
        assert choice is not None
        found = capacities(CHAIN, accelerator(capacity), choice.price.dram_bytes)
        assert best_schedule(CHAIN, accelerator(found.smallest.scratchpad_bytes - 1)) is None
        assert best_schedule(CHAIN, accelerator(found.smallest.scratchpad_bytes)) is not None
        if found.better is not None:
            for size, saves in ((-1, False), (0, True)):
                larger = best_schedule(CHAIN, accelerator(found.better.scratchpad_bytes + size))
                assert larger is not None
                assert (larger.price.dram_bytes < choice.price.dram_bytes) == saves
        most = best_schedule(CHAIN, accelerator(10**6))
        assert most is not None
        assert found.least.dram_bytes == most.price.dram_bytes


def test_at_its_floor_nothing_can_be_bought() -> None:
    found = capacities(CHAIN, accelerator(1000), dram_bytes=98)
    assert found.better is None
    assert found.least == Capacity(found.least.scratchpad_bytes, 98)


def test_figures_add_up_for_whatever_the_search_chooses() -> None:
    for capacity in range(20, 200, 15):
        choice = best_schedule(ONE, accelerator(capacity))
        if choice is not None:
            found = account(ONE, choice.schedule, capacity)
            for transfer in found.transfers:
                again = sum(a.count for a in transfer.again)
                assert transfer.bytes == transfer.once_bytes + transfer.unneeded_bytes + again
            assert found.dram_bytes == sum(t.bytes for t in found.transfers)
            assert found.dram_bytes == choice.price.dram_bytes
            assert found.macs == choice.price.macs


def test_sentences_say_it_with_figures_and_names() -> None:
    target = accelerator(100)
    found = account_of(CHAIN, Schedule((Tile(1, 2),)), target)
    text = list(sentences(found, CHAIN, target))
    assert text[0] == "moves 130 B, 32 B more than its floor of 98 B"
    steps = "at the 2 tile steps along the rows of b.o (2 of 4 a step)"
    assert text[1] == f"input x: 96 B = 64 B once + 32 B of halo, again {steps}"
    assert (
        text[2] == "each element once: weights a.w of a 9 B, weights b.w of b 9 B, result b.o 16 B"
    )
    assert text[3] == f"computes 576 MACs, 108 (18.8 %) of them again: a 108 of halo, again {steps}"
    assert text[5].startswith("fills 90 of 100 bytes at its worst moment: x 48 B (1x6x8 of 1x8x8)")


def test_equal_groups_have_equal_accounts_in_their_own_names() -> None:
    shape = (2, 8, 6)
    twins = graph(
        shape,
        conv("a", "x", shape, 2, 3, padding=1),
        conv("b", "a.o", shape, 2, 3, padding=1),
    )
    prices = GroupPrices(twins, accelerator(120))
    plan = solve(twins, accelerator(120), "layer-by-layer")
    one, other = explanation(prices, plan, twins).accounts
    assert [t.tensor for t in one.transfers] != [t.tensor for t in other.transfers]
    assert one.capacities is other.capacities
    assert one.dram_bytes == other.dram_bytes


def test_a_group_that_multiplies_nothing_computes_no_macs() -> None:
    add = Operator(
        "add",
        (4,),
        (False,),
        (access("x", "i", "i"), access("y", "i", "i")),
        access("z", "i", "i"),
        multiplies=False,
    )
    tensors = {name: Tensor(name, (4,)) for name in "xyz"}
    group = Graph((add,), tensors, ("z",))
    found = account(group, Schedule())
    assert found.macs == 0
    assert not any("MACs" in line for line in sentences(found, group, accelerator(1000)))
    assert found.dram_bytes == price(group, Schedule(), accelerator(1000)).dram_bytes == 12
