"""What a group is said to move at the least because of its last operators: no schedule moves less."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from dags import BruteForce
from hypothesis import event, given, settings
from hypothesis import strategies as st
from networks import Network, networks
from numpy.typing import NDArray
from test_group_bound import with_capacity

from optimus_mlir.fusion.costs import Space
from optimus_mlir.fusion.lattice import Lattice
from optimus_mlir.fusion.offline import offline
from optimus_mlir.fusion.partition import is_connected
from optimus_mlir.fusion.paths import Paths
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.solution import Patience
from optimus_mlir.fusion.space import Kind, reductions
from optimus_mlir.fusion.stretch import Stretch
from optimus_mlir.fusion.tails import excess_of, is_covered, reductions_of_tail
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Graph, Operator

a_tenth = settings(max_examples=max(1, settings.default.max_examples // 10))

MOST_CAPACITIES = 8

TARGETS = [
    load_accelerator("eyeriss"),
    with_fields(load_accelerator("eyeriss"), ["double_buffering=true", "accumulator_bits=16"]),
]


@st.composite
def wide_chains(draw: st.DrawFn) -> Graph:
    """Convolutions one after the other, some of them with a shortcut: weights do not fit."""
    network = Network()
    channels = st.integers(3, 12)
    maps = [network.tensor("x", draw(channels), draw(st.integers(3, 6)), draw(st.integers(2, 4)))]
    for _ in range(draw(st.integers(3, 4))):
        kernel, x = draw(st.sampled_from([1, 1, 3])), maps[-1]
        shape = (draw(channels), *network.shape(x)[1:])
        same = [y for y in maps if network.shape(y) == shape]
        residual = draw(st.sampled_from([None, *same]))
        padding = kernel // 2
        maps.append(network.conv(x, shape[0], kernel, padding=padding, residual=residual))
    return network.graph()


@st.composite
def tails(draw: st.DrawFn, group: Graph) -> tuple[Operator, ...]:
    """The last operator of a group, and some others with all that read their results."""
    tail = [group.operators[-1]]
    for operator in reversed(group.operators[:-1]):
        readers = group.consumers[operator.write.tensor]
        is_free = all(reader in tail for reader in readers)
        if is_free and (len(tail) < 2 or draw(st.sampled_from([True, True, False]))):
            tail.append(operator)
    return tuple(reversed(tail))


@st.composite
def wide_branches(draw: st.DrawFn) -> Graph:
    """A module of branches that all read one map, and operators that read all of their results."""
    network = Network()
    channels = st.integers(3, 12)
    x = network.tensor("x", draw(channels), draw(st.integers(3, 6)), draw(st.integers(2, 4)))
    branches: list[str] = []
    for _ in range(draw(st.integers(2, 3))):
        branch = network.conv(x, draw(channels), 1) if draw(st.booleans()) else x
        branches.append(network.conv(branch, network.shape(x)[0], 3, padding=1))
    joined = network.elementwise(*branches)
    network.conv(joined, draw(channels), 1)
    if draw(st.booleans()):
        network.elementwise(joined, branches[-1])
    return network.graph()


@st.composite
def crossed_branches(draw: st.DrawFn) -> Graph:
    """Two branches, and several operators that read both: they reduce in blocks together or not."""
    network = Network()
    channels = st.integers(3, 12)
    x = network.tensor("x", draw(channels), draw(st.integers(3, 6)), draw(st.integers(2, 4)))
    width = draw(channels)
    left, right = network.conv(x, width, 1), network.conv(x, width, 3, padding=1)
    right = network.conv(right, width, 1) if draw(st.booleans()) else right
    again = [network.conv(left, width, draw(st.sampled_from([1, 3])), residual=right)]
    if network.shape(again[0]) == network.shape(right):
        again.append(network.conv(draw(st.sampled_from([right, left])), width, 1, residual=left))
        network.elementwise(*again)
    return network.graph()


@st.composite
def wide_products(draw: st.DrawFn) -> Graph:
    """Projections, products of feature maps, and projections of those."""
    network = Network()
    extents = st.integers(3, 10)
    x = network.tensor("x", draw(extents), draw(extents))
    for _ in range(draw(st.integers(1, 2))):
        rows = network.matmul(x, draw(extents)) if draw(st.booleans()) else x
        width = network.shape(rows)[1]
        others = st.sampled_from(["made", "live-in", "itself"])
        match draw(others):
            case "made":
                columns = network.matmul(x, width)
            case "live-in":
                columns = network.tensor(f"z{len(network.operators)}", draw(extents), width)
            case _:
                columns = rows
        pair = [rows, columns] if draw(st.booleans()) else [columns, rows]
        x = network.matmul(network.product(*pair), draw(extents))
    return network.graph()


GRAPHS = st.one_of(wide_chains(), wide_branches(), crossed_branches(), wide_products())


@st.composite
def stretches(draw: st.DrawFn, network: Graph) -> tuple[Operator, ...]:
    """Operators in a row, three of them if there are so many."""
    count = len(network.operators)
    begin = draw(st.integers(0, max(0, count - 3)))
    return network.operators[begin : draw(st.integers(min(begin + 3, count), count))]


@given(
    st.one_of(GRAPHS, GRAPHS, networks(most_operators=5)),
    st.sampled_from(TARGETS),
    st.data(),
)
def test_no_schedule_that_fits_moves_less(
    network: Graph, target: Accelerator, data: st.DataObject
) -> None:
    """In scratchpads that are just large enough for some schedule."""
    stretch = data.draw(stretches(network))
    group = network.group(stretch)
    if len(stretch) < 3 or not group.outputs:
        return
    names = {operator.name for operator in data.draw(tails(group))}
    tail = tuple(operator for operator in network.operators if operator.name in names)
    maps = [n for n in network.group(tail).live_ins if not network.tensors[n].constant]
    event("several maps come in" if len(maps) > 1 else "one map comes in")
    if not is_covered(network.group(tail), network):
        return
    moving = Moving.of(Space(group, target))
    for capacity in moving.capacities():
        sized = target.model_copy(update={"scratchpad_bytes": capacity})
        moved = moving.least_in(capacity)
        of_tail = excess_by_kind(network, sized, stretch, tail, moved)
        event("more than the floor" if of_tail else "the floor")
        assert excess_as_asked(GroupPrices(network, sized), stretch, tail, moved) == of_tail


def excess_by_kind(
    network: Graph,
    target: Accelerator,
    group: Operators,
    tail: Operators,
    moved: Mapping[Kind, float],
) -> float:
    """That of the tail: no kind of schedules of the group moves less, or than the group says itself."""
    again = frozenset(name for name, readers in network.consumers.items() if len(readers) > 1)
    of_tail = excess_of(Space(network.group(tail), target), again)
    space = Space(network.group(group), target)
    of_group = excess_of(space, again, of_tail)
    for kind, least in moved.items():
        assert space.floor + of_tail.of(kind) <= least
        if is_covered(space.group, network):
            assert space.floor + of_group.of(kind) <= least
    assert of_tail.least <= of_group.least
    return of_tail.least


def excess_as_asked(
    prices: GroupPrices, group: Operators, tail: Operators, moved: Mapping[Kind, float]
) -> float:
    """That of the tail, as a search asks for it: the cheapest schedule of the group moves no less."""
    least, floor = min(moved.values()), prices.floor(group)
    of_tail = prices.excess(tail)
    assert floor + of_tail <= least
    assert floor + prices.excess(group, tail) <= least
    return of_tail


@dataclass(frozen=True)
class Moving:
    """Of all schedules of each kind, bytes on chip that they need at the least and DRAM bytes."""

    by_kind: Mapping[Kind, tuple[NDArray[np.int64], NDArray[np.int64]]]

    @staticmethod
    def of(space: Space) -> Moving:
        found = {kind: list(space.members_of(kind)) for kind in space.kinds}
        return Moving(
            {
                kind: (
                    np.concatenate([costs.least_bytes.ravel() for costs in members]),
                    np.concatenate([costs.dram_bytes.ravel() for costs in members]),
                )
                for kind, members in found.items()
                if members
            }
        )

    def every_capacity(self) -> list[int]:
        """Those that just hold some schedule."""
        sizes = np.concatenate([on_chip for on_chip, _ in self.by_kind.values()])
        return np.unique(sizes).tolist()

    def capacities(self) -> list[int]:
        """In the lower half of these: some, evenly spaced."""
        sizes = self.every_capacity()
        lower = sizes[: 1 + len(sizes) // 2]
        return lower[:: -(-len(lower) // MOST_CAPACITIES)]

    def least_in(self, capacity: int) -> dict[Kind, float]:
        """What the schedule of each kind that moves the least of those that may fit moves."""
        return {
            kind: min(moved[on_chip <= capacity], default=math.inf)
            for kind, (on_chip, moved) in self.by_kind.items()
        }


@given(
    st.one_of(GRAPHS, networks(most_operators=6)),
    st.data(),
)
def test_a_tail_may_reduce_as_it_does_in_any_group(network: Graph, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(network.operators) - 1))
    group = network.group(network.operators[begin:])
    tail = network.group(data.draw(tails(group)))
    names = {operator.name for operator in tail.operators}
    expected = {frozenset(r.blocks) for r in reductions_of_tail(tail)}
    event(f"{len(expected)} ways")
    for reduction in reductions(group):
        blocks = frozenset(b for b in reduction.blocks if b.operator in names)
        assert blocks in expected


class BarePrices(GroupPrices):
    """Refuses only what costs its floor already, or what nothing holds together."""

    def excess(self, operators: tuple[Operator, ...], inner: tuple[Operator, ...] = ()) -> float:
        return 0

    def _bound(self, operators: tuple[Operator, ...]) -> float:
        is_one = is_connected(self.graph.group(operators))
        return self.floor(operators) if is_one else math.inf


@a_tenth
@given(GRAPHS, st.floats(1, 8))
def test_offline_is_the_cheapest_with_true_prices(network: Graph, room: float) -> None:
    """Where weights do not fit: brute force looks at every group, and knows no bounds."""
    sized = with_capacity(1 << 20)
    alone = GroupPrices(network, sized)
    smallest = max(alone.smallest_footprint_bytes(operator) for operator in network.operators)
    sized = with_capacity(int(room * smallest))
    solution = offline(GroupPrices(network, sized), network.operators, Patience())
    prices = BarePrices(network, sized)
    event("fused" if len(solution.partition) < len(network.operators) else "layer by layer")
    assert prices.total(solution.partition) == BruteForce(prices).over_orders() == solution.bound


def chain() -> Graph:
    """A small convolution, and then two whose weights are as large as the scratchpad."""
    network = Network()
    x = network.conv(network.tensor("x", 8, 10, 10), 10, 1)
    network.conv(network.conv(x, 120, 1), 10, 1)
    return network.graph()


def test_what_a_tail_shows_spares_the_larger_groups() -> None:
    network = chain()
    prices = GroupPrices(network, with_capacity(2400))
    stretch = Stretch(network, network.operators)
    prefixes = stretch.prefixes(10)
    assert prefixes is not None
    paths = Paths(prices, stretch, Lattice(stretch, prefixes))
    of_three = paths.into(3)[-1]
    floor = paths.least[of_three]
    excess = prices.excess(network.operators[1:])
    assert excess > 0
    paths.learn_from(0b110)
    assert paths.least[of_three] == floor + excess
    assert prices.searches == 0


def test_a_group_that_moves_just_what_it_shows_is_found_below_a_byte_more() -> None:
    prices = GroupPrices(chain(), with_capacity(2400))
    operators = prices.graph.operators
    least = int(prices.floor(operators) + prices.excess(operators))
    assert prices.best(operators, least) is None
    found = prices.best(operators, least + 1)
    assert found is not None
    assert found.price.dram_bytes == least


def test_of_kinds_that_keep_weights_a_tail_without_any_shows_what_its_maps_need() -> None:
    """Whole maps do not fit, rows or channels of them do."""
    network = Network()
    x = network.conv(network.tensor("x", 8, 10, 10), 10, 1)
    network.elementwise(network.elementwise(x))
    graph = network.graph()
    moving = Moving.of(Space(graph, with_capacity(1 << 20)))
    for capacity in moving.capacities():
        moved, target = moving.least_in(capacity), with_capacity(capacity)
        assert excess_by_kind(graph, target, graph.operators, graph.operators[1:], moved) == 0


def test_copies_that_stay_together_take_the_place_of_one() -> None:
    """Two convolutions keep the halo of x, which the group need not have twice."""
    network = Network()
    x = network.tensor("x", 3, 3, 3)
    network.elementwise(network.conv(x, 3, padding=1), network.conv(x, 3, padding=1))
    graph = network.graph()
    moving = Moving.of(Space(graph, with_capacity(1 << 20)))
    for capacity in moving.every_capacity():
        moved, target = moving.least_in(capacity), with_capacity(capacity)
        excess_by_kind(graph, target, graph.operators, graph.operators, moved)


def test_what_a_tail_shows_it_shows_wherever_a_group_ends() -> None:
    """But not of groups in which somebody else reads its results: it is no tail of these."""
    network = Network()
    x = network.conv(network.tensor("x", 8, 10, 10), 10, 1)
    wide = network.conv(x, 120, 1)
    network.conv(x, 8, 1)  # beside the tail
    network.elementwise(wide, wide)
    network.conv(wide, 10, 1)
    graph = network.graph()
    prices = GroupPrices(graph, with_capacity(2400))
    stretch = Stretch(graph, graph.operators)
    prefixes = stretch.prefixes(100)
    assert prefixes is not None
    paths = Paths(prices, stretch, Lattice(stretch, prefixes))
    before = paths.least.copy()
    paths.learn_from(tail := 0b10010)
    dearer = {
        prefixes[paths.end[e]] & ~prefixes[paths.begin[e]]
        for e in range(len(before))
        if paths.least[e] > before[e]
    }
    assert dearer == {tail, tail | 1, tail | 0b100, tail | 0b101}
