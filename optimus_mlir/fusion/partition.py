"""What a partition of a network into groups must obey, and the order in which its groups run."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from optimus_mlir.errors import OptimusError
from optimus_mlir.workload import Graph, Operator

Names = tuple[str, ...]


class NotAPartition(OptimusError):
    """Groups that cannot run one after the other; `operator` is where the trouble is."""

    def __init__(self, operator: str, reason: str) -> None:
        super().__init__(reason)
        self.operator = operator


def is_connected(group: Graph) -> bool:
    """Whether internal tensors, and feature maps that several operators read, hold it together.

    Weights do not: to use the same weights is no reason to run at the same time.
    """
    readers: dict[str, set[int]] = {}
    for number, operator in enumerate(group.operators):
        for access in (*operator.reads, operator.write):
            if not group.tensors[access.tensor].constant:
                readers.setdefault(access.tensor, set()).add(number)
    together = {0}
    waiting = list(readers.values())
    while touching := [members for members in waiting if members & together]:
        waiting = [members for members in waiting if not members & together]
        together.update(*touching)
    return len(together) == len(group.operators)


def in_running_order(graph: Graph, groups: Sequence[Names]) -> list[Names]:
    """The groups so that each finds its live-ins; otherwise in the order of their last operators.

    Operators outside of `groups` run alone. Raises NotAPartition where a group is not convex, that
    is, would have to be left and entered again, or where groups need each other's results.
    """
    position = {operator.name: i for i, operator in enumerate(graph.operators)}
    groups = [tuple(sorted(names, key=position.__getitem__)) for names in groups]
    for names in groups:
        between = graph.operators[position[names[0]] : position[names[-1]] + 1]
        _require_convex(graph, names, between)
    grouped = {name for names in groups for name in names}
    alone = [(o.name,) for o in graph.operators if o.name not in grouped]
    everything = sorted([*groups, *alone], key=lambda names: position[names[-1]])
    ordered = [everything[i] for i in _topological(_needs(graph, everything))]
    if len(ordered) < len(everything):
        _complain_of_cycle(everything, ordered)
    return [names for names in ordered if names[0] in grouped]


def _needs(graph: Graph, groups: Sequence[Names]) -> list[set[int]]:
    """For every group, those whose results it reads."""
    group_of = {name: i for i, names in enumerate(groups) for name in names}
    needs: list[set[int]] = [set() for _ in groups]
    for operator in graph.operators:
        for producer in _producers(graph, operator):
            needs[group_of[operator.name]].add(group_of[producer])
    return [them - {i} for i, them in enumerate(needs)]


def _topological(needs: Sequence[set[int]]) -> Iterator[int]:
    """Those that need nothing more, the smallest first; what stands in a cycle is left out."""
    missing = [set(them) for them in needs]
    users: list[list[int]] = [[] for _ in needs]
    for i, them in enumerate(needs):
        for other in them:
            users[other].append(i)
    ready = [i for i, them in enumerate(missing) if not them]
    while ready:
        yield (done := heapq.heappop(ready))
        for user in users[done]:
            missing[user].discard(done)
            if not missing[user]:
                heapq.heappush(ready, user)


def _require_convex(graph: Graph, names: Names, between: Sequence[Operator]) -> None:
    """No operator outside may need a result of the group and be needed by it."""
    members = set(names)
    after: dict[str, str] = {}  # operators outside that need a member, however indirectly
    for operator in between:
        for producer in _producers(graph, operator):
            if operator.name not in members:
                if producer in members or producer in after:
                    after[operator.name] = after.get(producer, producer)
            elif producer in after:
                raise NotAPartition(
                    operator.name,
                    f"the group is not convex: {producer} is not in it, but needs "
                    f"{after[producer]} and is needed by {operator.name}",
                )


def _producers(graph: Graph, operator: Operator) -> Iterator[str]:
    for access in operator.reads:
        if access.tensor in graph.producer:
            yield graph.producer[access.tensor].name


def _complain_of_cycle(groups: Sequence[Names], ordered: Sequence[Names]) -> None:
    stuck = [names for names in groups if names not in set(ordered) and len(names) > 1]
    raise NotAPartition(
        stuck[0][-1],
        "groups need each other's results, so none can run first: "
        + "; ".join(" ".join(names) for names in stuck),
    )
