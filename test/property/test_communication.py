"""The communication bound of one operator: no schedule beats it, and it is the known formula."""

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import Network, graphs

from optimus_mlir.cost import floor_bytes, least_bytes_alone
from optimus_mlir.cost.communication import communicated_elements
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import load_accelerator
from optimus_mlir.workload import Graph

BYTES = load_accelerator("eyeriss").model_copy(update={"element_bits": 8, "accumulator_bits": 8})


def matmul(m: int, k: int, n: int) -> Graph:
    network = Network()
    network.matmul(network.tensor("x", m, k), n)
    return network.graph()


def test_the_bound_of_a_matrix_product() -> None:
    assert communicated_elements(matmul(64, 64, 64), 100) == math.ceil(2 * 64**3 / 10) - 200


def test_the_bound_of_a_convolution_knows_the_kernel_and_the_padding() -> None:
    network = Network()
    network.conv(network.tensor("x", 16, 12, 12), 32, 3, padding=1)
    inside = (12 * 3 - 2) ** 2  # of a row's three taps one is padding at either border
    assert communicated_elements(network.graph(), 64) == math.ceil(
        2 * 32 * 16 * inside / math.sqrt(9 * 64) - 2 * 64
    )


def test_a_residual_is_not_multiplied() -> None:
    network = Network()
    x = network.tensor("x", 16, 12, 12)
    network.conv(x, 16, 1, residual=network.tensor("y", 16, 12, 12))
    expected = 2 * 16 * 16 * 144 / math.sqrt(16) - 32
    assert communicated_elements(network.graph(), 16) == math.ceil(expected)


def test_a_pool_has_none() -> None:
    network = Network()
    network.pool(network.tensor("x", 4, 8, 8))
    assert communicated_elements(network.graph(), 4) == 0


def small_convolution() -> Graph:
    network = Network()
    network.conv(network.tensor("x", 12, 9, 9), 12, 3, padding=1)
    return network.graph()


@pytest.mark.parametrize("capacity", [16, 32, 64])
@pytest.mark.parametrize("group", [matmul(20, 20, 20), small_convolution()])
def test_the_bound_lies_between_the_floor_and_the_best_schedule(
    group: Graph, capacity: int
) -> None:
    accelerator = BYTES.model_copy(update={"scratchpad_bytes": capacity})
    choice = best_schedule(group, accelerator)
    bound = least_bytes_alone(group, accelerator)
    assert floor_bytes(group, accelerator) < bound
    assert choice is None or bound <= choice.price.dram_bytes


@given(graphs(most_operators=1), st.integers(4, 60))
def test_no_schedule_beats_the_bound(graph: Graph, capacity: int) -> None:
    accelerator = BYTES.model_copy(update={"scratchpad_bytes": capacity})
    for operator in graph.operators:
        group = graph.group((operator,))
        choice = best_schedule(group, accelerator)
        if choice is not None:
            assert least_bytes_alone(group, accelerator) <= choice.price.dram_bytes


State = tuple[int, int, tuple[int, ...]]  # on chip, products summed up, what each store holds


@dataclass(frozen=True)
class Execution:
    """All executions of a matrix product in a scratchpad of so many elements."""

    m: int
    k: int
    n: int
    capacity: int

    def least_moves(self) -> int:
        """Loads and stores of the cheapest: a shortest path from nothing to all results stored."""
        start: State = (0, 0, (0,) * (self.m * self.n))
        queue = [(0, start)]
        seen: set[State] = set()
        while queue:
            cost, state = heapq.heappop(queue)
            if state in seen:
                continue
            seen.add(state)
            if all(sums == self.products_of(o) for o, sums in enumerate(state[2])):
                return cost
            for moves, after in itertools.chain(self.operands(state), self.sums(state)):
                heapq.heappush(queue, (cost + moves, after))
            for after in self.products(state):
                heapq.heappush(queue, (cost, after))
        raise AssertionError("too small")

    def products_of(self, result: int) -> int:
        return ((1 << self.k) - 1) << result * self.k

    def has_room(self, chip: int) -> bool:
        return chip.bit_count() < self.capacity

    def operands(self, state: State) -> Iterator[tuple[int, State]]:
        """Forget an operand, or load it."""
        chip, done, stored = state
        for bit in (1 << i for i in range(self.m * self.k + self.k * self.n)):
            if chip & bit or self.has_room(chip):
                yield int(not chip & bit), (chip ^ bit, done, stored)

    def sums(self, state: State) -> Iterator[tuple[int, State]]:
        """Store a sum, load it again, or start it."""
        chip, done, stored = state
        for o in range(self.m * self.n):
            bit, sums = self.result(o), done & self.products_of(o)
            if chip & bit:
                yield 1, (chip ^ bit, done, (*stored[:o], sums, *stored[o + 1 :]))
            elif self.has_room(chip) and stored[o] == sums:
                yield int(sums > 0), (chip | bit, done, stored)

    def products(self, state: State) -> Iterator[State]:
        """Multiply and add, once, what is all on chip."""
        chip, done, stored = state
        for row, column, c in itertools.product(*map(range, (self.m, self.n, self.k))):
            o = row * self.n + column
            needed = self.result(o) | 1 << row * self.k + c
            needed |= 1 << self.m * self.k + c * self.n + column
            product = 1 << o * self.k + c
            if chip & needed == needed and not done & product:
                yield chip, done | product, stored

    def result(self, o: int) -> int:
        return 1 << self.m * self.k + self.k * self.n + o


@pytest.mark.parametrize("capacity", [3, 4])
@pytest.mark.parametrize(("m", "k", "n"), [(1, 2, 2), (2, 2, 1), (2, 1, 2), (1, 3, 2)])
def test_no_execution_at_all_beats_the_bound(m: int, k: int, n: int, capacity: int) -> None:
    accelerator = BYTES.model_copy(update={"scratchpad_bytes": capacity})
    assert (
        least_bytes_alone(matmul(m, k, n), accelerator)
        <= Execution(m, k, n, capacity).least_moves()
    )
