"""Why an operator is split, and in which scratchpad it would not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimus_mlir.fusion.capacities import Capacity, capacities
from optimus_mlir.fusion.plan import Plan, members
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph
from optimus_mlir.workload.splitting import split_names, whole_names


@dataclass(frozen=True)
class InParts:
    """An operator whose reduction over `loop` runs in parts, or an attention whose keys do.

    The groups of the parts move `dram_bytes`. Whole, it would move `whole_dram_bytes` (None if it
    does not fit), and less than its parts in `enough`, if in any scratchpad. `together` are the
    operators that run in parts.
    """

    operator: str
    loop: int
    sizes: tuple[int, ...]
    dram_bytes: int
    whole_dram_bytes: int | None
    enough: Capacity | None
    together: tuple[str, ...] = ()


def in_parts(plan: Plan, graph: Graph, accelerator: Accelerator) -> Iterator[InParts]:
    """Of the operators of `graph`, those that the plan splits."""
    for split in plan.splits:
        names = whole_names(graph, split)
        parts = set(split_names(graph, names, [split]))
        moved = sum(g.price.dram_bytes for g in plan.groups if not parts.isdisjoint(g.operators))
        group = members(graph, names)
        whole = best_schedule(group, accelerator)
        yield InParts(
            split.operator,
            split.loop,
            split.sizes,
            moved,
            whole and whole.price.dram_bytes,
            capacities(group, accelerator, moved).better,
            names,
        )
