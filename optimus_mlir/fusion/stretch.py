"""The operators between two host ops, numbered, so that sets of them are bits of an integer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optimus_mlir.cost import touched_elements
from optimus_mlir.workload import Graph, Operator

Operators = tuple[Operator, ...]


@dataclass(frozen=True)
class Flow:
    """A tensor as the stretch sees it: who makes it, who reads how many of its elements."""

    elements: int
    producer: int | None
    readers: tuple[tuple[int, int], ...]  # operator, elements that it touches at the least
    is_wanted_outside: bool


class Stretch:
    """Operators in program order; bit i of a set is operator i.

    `needs[i]` are the operators whose results i reads, `neighbours[i]` those that share a feature
    map with it, as reader or as producer: a group is connected through these.
    """

    def __init__(self, graph: Graph, operators: Operators) -> None:
        self.operators = operators
        number = {operator.name: i for i, operator in enumerate(operators)}
        self.flows = tuple(_flows(graph, operators, number))
        self.needs = [0] * len(operators)
        self.readers = [0] * len(operators)
        self.neighbours = [0] * len(operators)
        for flow in self.flows:
            readers = sum(1 << reader for reader, _ in flow.readers)
            if flow.producer is not None:
                self.readers[flow.producer] |= readers
                for reader, _ in flow.readers:
                    self.needs[reader] |= 1 << flow.producer
        for operator in graph.operators:  # those outside are skipped below
            for access in operator.reads:
                if operator.name in number and not graph.tensors[access.tensor].constant:
                    self._share(graph, access.tensor, number)

    def _share(self, graph: Graph, tensor: str, number: dict[str, int]) -> None:
        sharing = [number[o.name] for o in graph.consumers[tensor] if o.name in number]
        if tensor in graph.producer and graph.producer[tensor].name in number:
            sharing.append(number[graph.producer[tensor].name])
        together = sum(1 << i for i in sharing)
        for i in sharing:
            self.neighbours[i] |= together & ~(1 << i)

    @property
    def everything(self) -> int:
        return (1 << len(self.operators)) - 1

    def members(self, group: int) -> Operators:
        return tuple(self.operators[i] for i in bits(group))

    def sets(self, groups: Iterable[Operators]) -> Iterator[int]:
        """Those of some groups that lie in the stretch."""
        number = {operator.name: i for i, operator in enumerate(self.operators)}
        for group in groups:
            if all(operator.name in number for operator in group):
                yield sum(1 << number[operator.name] for operator in group)

    def readers_of(self, group: int) -> int:
        """Who reads some result of the group."""
        found = 0
        for i in bits(group):
            found |= self.readers[i]
        return found

    def is_connected(self, group: int) -> bool:
        reached = frontier = group & -group
        while frontier:
            found = 0
            for i in bits(frontier):
                found |= self.neighbours[i]
            frontier = found & group & ~reached
            reached |= frontier
        return reached == group

    def is_convex(self, group: int) -> bool:
        """Whether nothing outside needs a member and is needed by one."""
        first = (group & -group).bit_length() - 1
        after = 0
        for i in range(first, group.bit_length()):
            if group >> i & 1:
                if self.needs[i] & after:
                    return False
            elif self.needs[i] & (after | group):
                after |= 1 << i
        return True

    def prefixes(self, most: int) -> list[int] | None:
        """Every set that holds what its members need, small ones first; None if more than `most`."""
        found = [0]
        level = [0]
        while level and len(found) <= most:
            larger: set[int] = {p | 1 << i for p in level for i in self._ready(p)}
            level = sorted(larger)
            found += level
        return found if len(found) <= most else None

    def _ready(self, prefix: int) -> Iterator[int]:
        for i in bits(self.everything & ~prefix):
            if not self.needs[i] & ~prefix:
                yield i

    def least_elements(self, group: int) -> int:
        """Compulsory traffic of the group in elements: a lower bound that is quick to get."""
        elements = 0
        for flow in self.flows:
            if flow.producer is not None and group >> flow.producer & 1:
                inside = all(group >> reader & 1 for reader, _ in flow.readers)
                elements += flow.elements if flow.is_wanted_outside or not inside else 0
            else:
                touched = (n for reader, n in flow.readers if group >> reader & 1)
                elements += max(touched, default=0)
        return elements


def bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _flows(graph: Graph, operators: Operators, number: dict[str, int]) -> Iterator[Flow]:
    touched = touched_elements(graph)
    names = dict.fromkeys(a.tensor for o in operators for a in (*o.reads, o.write))
    for name in names:
        producer = graph.producer.get(name)
        outside = any(o.name not in number for o in graph.consumers[name])
        yield Flow(
            graph.tensors[name].elements,
            number.get(producer.name) if producer else None,
            tuple(
                (number[o.name], touched.get((name, o.name), 0))
                for o in graph.consumers[name]
                if o.name in number
            ),
            name in graph.outputs or outside,
        )
