"""Compulsory traffic."""

from loop_nests import access, conv, graph

from optimus_mlir.cost import floor_bytes
from optimus_mlir.target import load_accelerator, with_fields
from optimus_mlir.workload import Graph, Operator, Tensor

BYTES = with_fields(load_accelerator("eyeriss"), ["element_bits=8"])


def test_live_ins_and_outputs_count_once_and_what_is_between_not() -> None:
    network = graph(
        (2, 8, 6),
        conv("a", "x", (2, 8, 6), 2, 3, padding=1),
        conv("b", "a.o", (2, 8, 6), 2, 3, padding=1, residual="x"),
    )
    assert floor_bytes(network, BYTES) == 96 + 36 + 36 + 96


def test_what_a_later_stride_skips_is_not_needed_before() -> None:
    """b reads the even rows and columns of a only: 3 of 6, so a reads 3 of 6 as well."""
    network = graph(
        (1, 6, 6),
        conv("a", "x", (1, 6, 6), 1, 1),
        conv("b", "a.o", (1, 3, 3), 1, 1, stride=2),
    )
    assert floor_bytes(network, BYTES) == 9 + 1 + 1 + 9


def test_rows_that_no_tile_reads_are_left_out() -> None:
    network = graph((1, 8, 8), conv("a", "x", (1, 2, 2), 1, 3, stride=3))
    assert floor_bytes(network, BYTES) == 36 + 9 + 4


def test_a_diagonal_is_not_counted() -> None:
    """A lower bound may be low: no schedule reads less than nothing."""
    trace = Operator(
        "d", (4,), (False,), (access("x", "i", "i", "i"),), access("o", "i", "i"), multiplies=False
    )
    group = Graph((trace,), {"x": Tensor("x", (4, 4)), "o": Tensor("o", (4,))}, ("o",))
    assert floor_bytes(group, BYTES) == 4
