"""What a tile asks of the PE array, against sums done by hand."""

import numpy as np
import pytest
from loop_nests import access, conv

from optimus_mlir.cost.accesses import Mapping, fetches_kept
from optimus_mlir.cost.array import array_nest
from optimus_mlir.cost.figures import ArrayUse
from optimus_mlir.cost.roles import operands_of, roles_of
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Operator


def array(**fields: object) -> Accelerator:
    """Four by four PEs, elements of a byte, sums of four; every energy is 1 pJ."""
    common = {
        "name": "hand",
        "description": "",
        "scratchpad_bytes": 65536,
        "element_bits": 8,
        "accumulator_bits": 32,
        "pe_rows": 4,
        "pe_columns": 4,
        "register_file_bytes": 1,
        "dram_access_pj": 1,
        "buffer_access_pj": 1,
        "register_access_pj": 1,
        "hop_pj": 1,
        "mac_pj": 1,
    }
    return Accelerator.from_dict(common | fields)


WEIGHT_STATIONARY = array(
    dataflow="weight-stationary",
    unrolled_rows=["input-channels"],
    unrolled_columns=["output-channels"],
)
OUTPUT_STATIONARY = array(
    dataflow="output-stationary",
    unrolled_rows=["output-columns"],
    unrolled_columns=["output-channels", "groups"],
)
NO_LOCAL_REUSE = array(
    dataflow="no-local-reuse",
    unrolled_rows=["input-channels"],
    unrolled_columns=["output-channels"],
)
ROW_STATIONARY = array(
    dataflow="row-stationary",
    unrolled_rows=["kernel-rows", "input-channels"],
    unrolled_columns=["output-rows"],
    register_file_bytes=3 + 3 + 4,  # three weights, three pixels, one sum
)

CONV = conv("c", "x", (8, 6, 6), 8, 3)  # k h w, channels, kernel: 8 x 6 x 6 x 8 x 3 x 3
MACS = 8 * 6 * 6 * 8 * 9


def matmul(rows: int, columns: int, depth: int) -> Operator:
    reads = access("a", "mnk", "m", "k"), access("b", "mnk", "k", "n")
    write = access("o", "mnk", "m", "n")
    return Operator("mm", (rows, columns, depth), (False, False, True), reads, write)


def pooling() -> Operator:
    window = access("x", "chwrs", "c", {"h": 2, "r": 1}, {"w": 2, "s": 1})
    reduction = (False, False, False, True, True)
    write = access("o", "chwrs", "c", "h", "w")
    return Operator("pool", (4, 4, 4, 2, 2), reduction, (window,), write, multiplies=False)


def depthwise() -> Operator:
    reads = (
        access("x", "chwrs", "c", {"h": 1, "r": 1}, {"w": 1, "s": 1}),
        access("f", "chwrs", "c", "r", "s"),
    )
    write = access("o", "chwrs", "c", "h", "w")
    return Operator("dw", (8, 6, 6, 3, 3), (False,) * 3 + (True,) * 2, reads, write)


def use(operator: Operator, accelerator: Accelerator) -> ArrayUse:
    return ArrayUse.of(array_nest(operator, accelerator).figures_of(operator.extents))


# Roles --------------------------------------------------------------------------------------------


def test_roles_of_a_convolution():
    k, h, w, c, r, s = roles_of(CONV, frozenset())
    assert (k, c) == ("output-channels", "input-channels")
    assert (h, w, r, s) == ("output-rows", "output-columns", "kernel-rows", "kernel-columns")


def test_roles_of_a_depthwise_convolution():
    assert roles_of(depthwise(), frozenset())[0] == "groups"


def test_roles_of_a_matrix_product():
    roles = roles_of(matmul(2, 3, 4), frozenset())
    assert roles == ("output-columns", "output-channels", "input-channels")


def test_the_constant_operand_is_the_filter():
    roles = roles_of(matmul(2, 3, 4), frozenset("a"))
    assert roles == ("output-channels", "output-columns", "input-channels")


def test_batches_are_the_outer_positions():
    reads = access("x", "nhwkc", "n", "h", "w", "c"), access("f", "nhwkc", "k", "c")
    write = access("o", "nhwkc", "n", "h", "w", "k")
    pointwise = Operator("p", (2, 3, 4, 5, 6), (False,) * 4 + (True,), reads, write)
    batch, rows, columns, _, _ = roles_of(pointwise, frozenset())
    assert (batch, rows, columns) == ("batch", "output-rows", "output-columns")


def test_products_of_batches_are_groups():
    reads = access("q", "gmnk", "g", "m", "k"), access("t", "gmnk", "g", "n", "k")
    scores = Operator(
        "qk", (2, 3, 4, 5), (False,) * 3 + (True,), reads, access("o", "gmnk", "g", "m", "n")
    )
    assert roles_of(scores, frozenset())[0] == "groups"


def test_a_residual_is_no_operand_of_the_products():
    operands = operands_of(conv("c", "x", (4, 4, 4), 4, 3, padding=1, residual="y"))
    assert [late.tensor for late in operands.late] == ["y"]
    assert operands.filter is not None
    assert operands.filter.tensor == "c.w"


# Dataflows ----------------------------------------------------------------------------------------


def test_weight_stationary():
    """Rows 4 of 8 input, columns 4 of 8 output channels: 2 x 2 x 9 weights for each PE in turn."""
    of = use(CONV, WEIGHT_STATIONARY)
    assert of.macs == of.operations == MACS
    assert of.compute_cycles == MACS // 16
    assert of.buffer.filter == 8 * 8 * 9  # each once: its positions are the innermost loops
    assert of.buffer.ifmap == MACS // 4  # each serves a row of output channels
    assert of.register_file.filter == 8 * 8 * 9 + MACS
    assert of.register_file.ifmap == of.register_file.psum == 0
    # all sums leave every cycle, added up over 4 rows: 2 x 9 times for each of 288 results
    assert of.buffer.psum == 2 * (2 * 9 - 1) * 288
    assert of.buffer.result == 288
    assert of.array_network.ifmap == MACS
    assert of.array_network.psum == MACS + (2 * 9 - 1) * 288


def test_output_stationary():
    """Rows: 3 of 6 output columns, in two passes; columns: 4 of 8 output channels."""
    of = use(CONV, OUTPUT_STATIONARY)
    assert of.compute_cycles == MACS // 12
    assert of.buffer.psum == 0
    assert of.buffer.result == 288
    assert of.register_file.psum == 2 * MACS
    assert of.buffer.filter == MACS // 3
    assert of.buffer.ifmap == MACS // 4
    assert of.array_network.psum == 288


def test_no_local_reuse():
    of = use(CONV, NO_LOCAL_REUSE)
    assert of.register_file == ArrayUse.of(np.zeros(15, dtype=np.int64)).register_file
    assert of.buffer.ifmap == MACS // 4
    assert of.buffer.filter == MACS  # every PE has another weight
    assert of.buffer.psum == 2 * (2 * 9 - 1) * 288


def test_row_stationary():
    """Rows: 3 kernel rows; columns: 3 of 6 output rows, in two passes. A PE has a kernel row."""
    nest = array_nest(CONV, ROW_STATIONARY)
    assert nest.placement(CONV.extents).unrolled == (1, 3, 1, 1, 3, 1)
    assert nest.placement(CONV.extents).block == (1, 1, 1, 1, 1, 3)
    of = use(CONV, ROW_STATIONARY)
    assert of.compute_cycles == MACS // 9
    assert of.buffer.filter == 8 * 8 * 9  # rest while all positions pass
    # a pass of 3 output rows reads 5 rows of 8 pixels; 2 passes x 8 channels x 8 filters
    assert of.buffer.ifmap == 2 * 5 * 8 * 8 * 8
    # along diagonals each of the 9 PEs gets its own row
    assert of.array_network.ifmap == 2 * 9 * 8 * 8 * 8
    assert of.buffer.psum == 2 * 7 * 288  # once for each input channel


def test_a_larger_register_file_keeps_sums_over_channels():
    roomy = ROW_STATIONARY.model_copy(update={"register_file_bytes": 512})
    assert use(CONV, roomy).buffer.psum == 0


def test_sums_stay_over_channels_even_if_the_kernel_is_longer():
    roomy = ROW_STATIONARY.model_copy(update={"register_file_bytes": 512})
    assert use(conv("c", "x", (4, 4, 4), 2, 7), roomy).buffer.psum == 0


def test_a_halo_is_not_kept_in_gaps():
    """x[2p + r], two p at once, r from 0 to 2: {0, 2}, {1, 3}, {2, 4}; the 2 is fetched again."""
    one, two, three = (np.array([[n]]) for n in (1, 2, 3))
    mapping = Mapping((two, three), (one, one), (two, one), (0, 1))
    fetches = fetches_kept(mapping, access("x", "pr", {"p": 2, "r": 1}))
    assert fetches.array.item() == fetches.pes.item() == 6


def test_a_short_loop_leaves_room_for_copies_of_the_next():
    """Two output channels take two of four columns; so two output rows fit."""
    replicated = OUTPUT_STATIONARY.model_copy(
        update={"unrolled_columns": ("output-channels", "output-rows")}
    )
    narrow = conv("c", "x", (2, 6, 4), 8, 3)
    placement = array_nest(narrow, replicated).placement(narrow.extents)
    assert placement.unrolled == (2, 2, 4, 1, 1, 1)
    assert use(narrow, replicated).compute_cycles == narrow.macs // 16


def test_depthwise_starves_an_array_of_channels():
    of = use(depthwise(), WEIGHT_STATIONARY)
    assert of.compute_cycles == of.macs == 8 * 6 * 6 * 9
    assert use(depthwise(), OUTPUT_STATIONARY).compute_cycles == of.macs // 12


def test_matrix_product():
    of = use(matmul(6, 8, 10), WEIGHT_STATIONARY)
    assert of.compute_cycles == 6 * 2 * 3  # 10 channels in 3 passes of 4, 4 and 2
    assert of.buffer.filter == 80
    assert of.buffer.ifmap == 6 * 10 * 2
    assert of.buffer.psum == 2 * (3 - 1) * 48


def test_pooling_uses_any_loop_and_no_multiplier():
    of = use(pooling(), WEIGHT_STATIONARY)
    assert (of.macs, of.operations, of.compute_cycles) == (0, 256, 16)
    assert of.buffer.ifmap == 256  # windows do not overlap
    assert of.buffer.result == 64
    assert of.buffer.psum == 0


def test_elementwise_passes_through():
    reads = access("a", "hw", "h", "w"), access("b", "hw", "w")
    add = Operator("add", (5, 4), (False, False), reads, access("o", "hw", "h", "w"))
    of = use(add, OUTPUT_STATIONARY)
    assert of.compute_cycles == 2
    assert of.buffer.ifmap == 20 + 2 * 4  # b again for every pass
    assert of.buffer.result == 20
    assert of.register_file.psum == 0


def test_a_residual_is_read_once():
    plain, added = (
        use(conv("c", "x", (4, 4, 4), 4, 3, padding=1, residual=y), WEIGHT_STATIONARY)
        for y in (None, "y")
    )
    assert added.buffer.result == plain.buffer.result + 64
    assert added.array_network.result == 64


def test_several_macs_a_cycle():
    double = WEIGHT_STATIONARY.model_copy(update={"macs_per_pe": 2})
    assert use(CONV, double).compute_cycles == MACS // 32


def test_equal_geometry_is_priced_once():
    again = conv("d", "y", (8, 6, 6), 8, 3)
    assert array_nest(CONV, ROW_STATIONARY) is array_nest(again, ROW_STATIONARY)


@pytest.mark.parametrize("accelerator", [WEIGHT_STATIONARY, OUTPUT_STATIONARY, ROW_STATIONARY])
def test_many_tiles_are_as_one_by_one(accelerator: Accelerator):
    nest = array_nest(CONV, accelerator)
    tiles = np.random.default_rng(1).integers(1, 1 + np.array(CONV.extents), (300, 6))
    one_by_one = [nest.figures_of(tuple(map(int, tile))) for tile in tiles]
    assert (nest.figures(tiles) == np.array(one_by_one)).all()
    assert nest.figures(tiles[:0]).shape == (0, 15)


# ZigZag 3.9.1 on the same mapping (tools/cross_check_zigzag.py); it reads a psum once more per result

SIXTEEN = array(
    element_bits=16,
    accumulator_bits=16,
    pe_rows=16,
    pe_columns=16,
    dataflow="weight-stationary",
    unrolled_rows=["input-channels"],
    unrolled_columns=["output-channels"],
)


@pytest.mark.parametrize(
    ("layer", "buffer", "registers", "cycles"),
    [
        (conv("a", "x", (32, 14, 14), 16, 3), (56_448, 4_608, 112_896), 907_776, 3_528),
        (conv("b", "x", (64, 14, 14), 48, 1), (37_632, 3_072, 75_264), 605_184, 2_352),
        (conv("c", "x", (30, 13, 13), 20, 3), (60_840, 5_400, 182_520), 918_000, 6_084),
    ],
)
def test_weight_stationary_as_in_zigzag(
    layer: Operator, buffer: tuple[int, int, int], registers: int, cycles: int
):
    of = use(layer, SIXTEEN)
    results = int(np.prod(layer.extents[:3]))
    assert (of.buffer.ifmap, of.buffer.filter) == buffer[:2]
    assert of.buffer.psum + of.buffer.result == buffer[2] - results
    assert (of.register_file.filter, of.compute_cycles) == (registers, cycles)
