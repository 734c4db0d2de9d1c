"""What comes from DRAM comes in the shape in which it is read; what a group makes, in blocks."""

from loop_nests import access

from optimus_mlir.cost import Schedule, Tile, build_program
from optimus_mlir.cost.floor import compulsory_elements, touched_elements
from optimus_mlir.cost.traffic import elements_read
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

COPY = Operator(
    "copy",
    (4, 2),
    (False, False),
    (access("x", "hr", "h"),),
    access("u", "hr", "h", "r"),
    multiplies=False,
)
MERGED = Access("u", (Linear((1, 1), 1, divisor=2), Linear((0, 0), span=2)))
ROWS = Operator("rows", (5, 2), (False, True), (MERGED,), access("o", "hr", "h"))
SHAPES = {"x": (4,), "u": (4, 2), "o": (5,)}
NETWORK = Graph((COPY, ROWS), {name: Tensor(name, shape) for name, shape in SHAPES.items()}, ("o",))


def read(group: Graph) -> dict[str, int]:
    """Rows 1 and 2, 2 and 3, .. of 8, five times."""
    return elements_read(build_program(group, Schedule((Tile(0, 1),))))


def test_a_live_in_is_fetched_without_what_else_its_blocks_have() -> None:
    group = NETWORK.group([ROWS])
    assert group.tensors["u"].shape == (8,)
    assert read(group) == {"u": 5 * 2}


def test_a_producer_computes_whole_blocks() -> None:
    group = NETWORK.group([COPY, ROWS])
    assert group.tensors["u"].shape == (4, 2)
    assert read(group) == {"x": 2 + 1 + 2 + 1 + 2}


def test_readers_that_do_not_agree_fetch_blocks() -> None:
    plain = Operator(
        "plain", (4, 2), (False, True), (access("u", "hr", "h", "r"),), access("p", "hr", "h")
    )
    tensors = {**NETWORK.tensors, "p": Tensor("p", (4,))}
    network = Graph((COPY, ROWS, plain), tensors, ("o", "p"))
    assert network.group([ROWS, plain]).tensors["u"].shape == (4, 2)


def test_a_network_touches_no_more_than_a_group_may_fetch() -> None:
    assert touched_elements(NETWORK)["u", "rows"] == 6


def test_a_network_must_fetch_no_more_than_its_groups_may() -> None:
    """The law's counterexample: the floor counted whole blocks, of which a plan fetched a part."""
    network = Graph((ROWS,), {"u": Tensor("u", (4, 2)), "o": Tensor("o", (5,))}, ("o",))
    assert compulsory_elements(network) == {"u": 6, "o": 5}
