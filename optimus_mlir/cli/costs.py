"""Energy and time of the groups that a program calls."""

from __future__ import annotations

from collections.abc import Iterable

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cost import price
from optimus_mlir.cost.energy import GroupCost
from optimus_mlir.fusion import members
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph


def costs_of(
    groups: Iterable[CalledGroup], network: Graph, accelerator: Accelerator
) -> list[GroupCost]:
    """What each group costs; groups that share a function cost the same."""
    known: dict[str, GroupCost] = {}
    costs: list[GroupCost] = []
    for called in groups:
        if called.function not in known:
            group = members(network, called.operators).canonical()
            known[called.function] = price(group, called.schedule, accelerator).cost
        costs.append(known[called.function])
    return costs
