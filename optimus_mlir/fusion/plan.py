"""A fusion plan: the groups of a network in program order, each with its schedule and price."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.cost import Price, Schedule
from optimus_mlir.workload import Graph, Split, split_graph


@dataclass(frozen=True)
class Group:
    """Operators that run together. `schedule` and `price` use the canonical names of the group."""

    operators: tuple[str, ...]
    schedule: Schedule
    price: Price


@dataclass(frozen=True)
class Plan:
    """A partition of a network's operators into groups in running order, and who made it.

    No plan costs less than `bound`, in what the search minimises. Where operators are `splits`,
    their parts are what the groups name.
    """

    solver: str
    groups: tuple[Group, ...]
    bound: float = 0
    splits: tuple[Split, ...] = ()

    @property
    def dram_bytes(self) -> int:
        return sum(group.price.dram_bytes for group in self.groups)

    def network(self, graph: Graph) -> Graph:
        """The operators that the groups name, given those of the network."""
        return split_graph(graph, self.splits)

    @property
    def footprint_bytes(self) -> int:
        return max((group.price.footprint_bytes for group in self.groups), default=0)


def members(graph: Graph, names: tuple[str, ...]) -> Graph:
    """The group of `graph` that holds the named operators."""
    wanted = set(names)
    return graph.group(operator for operator in graph.operators if operator.name in wanted)
