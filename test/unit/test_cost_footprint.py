"""Scratchpad bytes that are worked out by hand; an element is one byte here."""

from loop_nests import conv, graph

from optimus_mlir.cost import (
    Block,
    Keep,
    Lifetime,
    Schedule,
    Tile,
    addresses,
    build_program,
    pack,
    price,
)
from optimus_mlir.target import load_accelerator, with_fields
from optimus_mlir.workload import Graph, Tensor

BYTES = with_fields(load_accelerator("eyeriss"), ["element_bits=8"])
ROWS = 1

TWO = graph(
    (2, 8, 6),
    conv("a", "x", (3, 8, 6), 2, 3, padding=1),
    conv("b", "a.o", (4, 8, 6), 3, 1),
)
X, A, B, WEIGHTS_OF_A, WEIGHTS_OF_B = 2 * 48, 3 * 48, 4 * 48, 3 * 2 * 9, 4 * 3


def footprint(group: Graph, *tiles: Tile, kept: str = "", blocks: tuple[Block, ...] = ()) -> int:
    keeps = tuple(Keep(name, 0) for name in kept.split())
    schedule = Schedule(tiles, keeps, blocks)
    return price(group, schedule, BYTES).footprint_bytes


def test_the_largest_operator_counts_where_nothing_is_tiled() -> None:
    assert footprint(TWO) == max(X + WEIGHTS_OF_A + A, A + WEIGHTS_OF_B + B)


def test_weights_stay_for_all_tile_steps() -> None:
    weights = WEIGHTS_OF_A + WEIGHTS_OF_B
    rows_of_x, rows_of_a, rows_of_b = 4 * 12, 2 * 18, 2 * 24
    assert footprint(TWO, Tile(ROWS, 2)) == weights + max(
        rows_of_x + rows_of_a, rows_of_a + rows_of_b
    )
    assert footprint(TWO, Tile(ROWS, 2), kept="x") == weights + rows_of_x + rows_of_a + rows_of_b


def test_of_streamed_weights_one_block_is_on_chip() -> None:
    """A last result leaves a block at a time too, unless it is kept."""
    blocks = (Block("a", 0, 1), Block("b", 0, 2))
    first = X + WEIGHTS_OF_A // 3 + A
    assert footprint(TWO, blocks=blocks) == max(first, A + WEIGHTS_OF_B // 2 + B // 2)
    assert footprint(TWO, kept="b.o", blocks=blocks) == max(first, A + WEIGHTS_OF_B // 2 + B)


def test_every_element_counts_its_width() -> None:
    of = price(TWO, Schedule(), load_accelerator("eyeriss"))  # 16 bits
    assert of.footprint_bytes == 2 * footprint(TWO)


def test_addresses_follow_the_packing() -> None:
    program = build_program(TWO, Schedule())
    at = {buffer.tensor.name: address for buffer, address in addresses(program, BYTES).items()}
    bytes_of = {"x": X, "a.w": WEIGHTS_OF_A, "a.o": A, "b.w": WEIGHTS_OF_B, "b.o": B}
    assert set(at) == set(bytes_of)
    assert max(at[name] + bytes_of[name] for name in at) == footprint(TWO)


def test_a_chain_that_first_fit_wastes() -> None:
    """By size the first half wastes two bytes, in program order the second half one."""
    sizes = [3, 2, 2, 3, 1, 3, 2, 3]
    lifetimes = [Lifetime(size, i, i + 1) for i, size in enumerate(sizes)]
    assert pack(lifetimes).bytes == 5


def test_nothing_needs_no_space() -> None:
    assert pack([]).bytes == 0


def test_a_shortcut_comes_when_the_sums_are_finished() -> None:
    """While channels are added up, there is room for blocks of operands; then for the shortcut."""
    shape = (2, 4, 4)
    group = graph(shape, conv("a", "x", shape, 2, 1, residual="y"))
    group = Graph(group.operators, {**group.tensors, "y": Tensor("y", shape)}, group.outputs)
    sums, channel, weights, shortcut = 32 * BYTES.accumulator_bytes, 16, 2, 32
    cost = price(group, Schedule(blocks=(Block("a", 3, 1),)), BYTES)
    assert cost.footprint_bytes == sums + max(channel + weights, shortcut)
