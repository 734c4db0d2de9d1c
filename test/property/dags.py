"""Random networks with branches, joins, shared inputs and several results; and made-up prices."""

import itertools
import math
import random
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

from optimus_mlir.cost import Price, Schedule
from optimus_mlir.fusion.partition import is_connected
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

Operators = tuple[Operator, ...]


@st.composite
def dags(draw: st.DrawFn, most_operators: int = 9, latest: int = 0) -> Graph:
    """Operators on vectors: each reduces over up to three of the `latest` before it, or of all."""
    inputs = [f"x{i}" for i in range(draw(st.integers(1, 2)))]
    tensors = {name: Tensor(name, (draw(st.integers(1, 9)),)) for name in inputs}
    operators: list[Operator] = []
    for number in range(draw(st.integers(1, most_operators))):
        known = [name for name in tensors if not tensors[name].constant][-latest:]
        sources = draw(st.lists(st.sampled_from(known), unique=True, min_size=1, max_size=3))
        if draw(st.booleans()):
            weights = Tensor(f"w{number}", (draw(st.integers(1, 9)),), constant=True)
            tensors[weights.name] = weights
            sources.append(weights.name)
        result = Tensor(f"t{number}", (draw(st.integers(1, 9)),))
        operators.append(_operator(f"f{number}", [tensors[name] for name in sources], result))
        tensors[result.name] = result
    read = {access.tensor for operator in operators for access in operator.reads}
    results = [operator.write.tensor for operator in operators]
    extra = draw(st.sets(st.sampled_from(results), max_size=1))
    used = {name: t for name, t in tensors.items() if name in read or name in results}
    return Graph(tuple(operators), used, tuple(r for r in results if r not in read or r in extra))


def _operator(name: str, sources: list[Tensor], result: Tensor) -> Operator:
    loops = len(sources) + 1

    def loop(number: int) -> tuple[Linear]:
        return (Linear(tuple(int(i == number) for i in range(loops))),)

    return Operator(
        name,
        (result.elements, *(source.elements for source in sources)),
        (False, *(True for _ in sources)),
        tuple(Access(source.name, loop(i + 1)) for i, source in enumerate(sources)),
        Access(result.name, loop(0)),
    )


class MadeUpPrices(GroupPrices):
    """Above the floor by chance, and sometimes without a schedule; groups may have many live-outs."""

    def __init__(self, graph: Graph, accelerator: Accelerator, seed: int) -> None:
        super().__init__(graph, accelerator)
        self.seed = seed

    def _bound(self, operators: Operators) -> float:
        is_one = is_connected(self.graph.group(operators))
        return self.floor(operators) if is_one else math.inf

    def excess(self, operators: Operators, inner: Operators = ()) -> float:
        """True schedules have such a bound."""
        return 0

    def _search(self, operators: Operators, below: float) -> Choice | None:
        chance = random.Random(repr((self.seed, self._structures.key(operators))))
        if len(operators) > 1 and chance.random() < 0.2:
            return None
        dram_bytes = self.floor(operators) + chance.randrange(1 + 6 * len(operators))
        return made_up(dram_bytes) if dram_bytes < below else None


def made_up(dram_bytes: int) -> Choice:
    return Choice(Schedule(), Price({"in0": dram_bytes}, {}, 0, 0))


@dataclass(frozen=True)
class BruteForce:
    """The cheapest plan of all, found by trying them; shares no code with the solvers."""

    prices: GroupPrices

    def over_partitions(self) -> float:
        """Over every way to put the operators into groups."""
        operators = self.prices.graph.operators
        return min(
            self.prices.total(groups)
            for groups in set_partitions(operators)
            if not self._has_cycle(groups)
        )

    def over_orders(self) -> float:
        """Over every way to take away a group that needs nothing else, again and again."""
        operators = self.prices.graph.operators
        least: dict[Hashable, float] = {(): 0}

        def cost(left: Operators) -> float:
            if left not in least:
                options = (
                    self.prices.total([first]) + cost(tuple(o for o in left if o not in first))
                    for size in range(1, len(left) + 1)
                    for first in itertools.combinations(left, size)
                    if not self._needs(first) & {o.name for o in left if o not in first}
                )
                least[left] = min(options)
            return least[left]

        return cost(operators)

    def _needs(self, group: Operators) -> set[str]:
        """The operators whose results a group reads."""
        producer = self.prices.graph.producer
        reads = (access.tensor for operator in group for access in operator.reads)
        return {producer[name].name for name in reads if name in producer}

    def _has_cycle(self, groups: list[Operators]) -> bool:
        waiting = list(groups)
        while waiting:
            left = {operator.name for group in waiting for operator in group}
            own = [{operator.name for operator in group} for group in waiting]
            free = [not self._needs(g) & (left - n) for g, n in zip(waiting, own, strict=True)]
            if not any(free):
                return True
            waiting = [group for group, is_free in zip(waiting, free, strict=True) if not is_free]
        return False


def set_partitions(operators: Operators) -> Iterator[list[Operators]]:
    if not operators:
        yield []
        return
    *rest, last = operators
    for groups in set_partitions(tuple(rest)):
        yield [*groups, (last,)]
        for i, group in enumerate(groups):
            yield [*groups[:i], (*group, last), *groups[i + 1 :]]
