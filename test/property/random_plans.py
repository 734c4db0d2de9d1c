"""Random plans: any partition into convex connected groups, each under any schedule that runs."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.cost import Block, Keep, Price, Reread, Schedule, Tile, Unschedulable, price
from optimus_mlir.fusion import Group, NotAPartition, in_running_order, members
from optimus_mlir.fusion.partition import is_connected
from optimus_mlir.mlir import ir
from optimus_mlir.passes.group import annotate, entry_functions, in_parts
from optimus_mlir.target import Accelerator, with_fields
from optimus_mlir.workload import Graph, Operator, Split, split_graph
from optimus_mlir.workload.splitting import can_split, whole_names

Names = tuple[str, ...]


def plan_at_random(module: ir.Module, accelerator: Accelerator, rng: Random) -> None:
    """Label a normalised module; its scratchpad is exactly as large as the plan needs."""
    [function] = entry_functions(module)
    with module.context:
        dataflow = _some_in_parts(function, rng)
        largest = 1
        for number, group in enumerate(random_groups(dataflow, rng)):
            schedule, cost = random_schedule(group.canonical(), accelerator, rng)
            largest = max(largest, cost.footprint_bytes)
            names = tuple(operator.name for operator in group.operators)
            annotate(dataflow, group, Group(names, schedule, cost), number)
        exact = with_fields(accelerator, [f"scratchpad_bytes={largest}"])
        annotations.write_accelerator(module.operation, exact)


def _some_in_parts(function: ir.Operation, rng: Random) -> Dataflow:
    """The function with some reductions in parts of any sizes; the graph is what was foreseen."""
    dataflow = read_dataflow(function)
    splits: list[Split] = []
    split: set[str] = set()
    for operator in dataflow.graph.operators:
        for one in _split(dataflow.graph, operator, rng):
            names = whole_names(dataflow.graph, one)
            splits += [one] if split.isdisjoint(names) else []
            split.update(names)
    if not splits:
        return dataflow
    foreseen = split_graph(dataflow.graph, splits)
    dataflow = in_parts(function, dataflow, splits)
    assert [o.name for o in dataflow.graph.operators] == [o.name for o in foreseen.operators]
    assert dataflow.graph.signature == foreseen.signature
    return dataflow


def _split(graph: Graph, operator: Operator, rng: Random) -> Iterator[Split]:
    loops = [i for i, n in enumerate(operator.extents) if n > 1 and can_split(graph, operator, i)]
    if loops and rng.random() < 0.5:
        loop = rng.choice(loops)
        sizes, left = [rng.randint(1, operator.extents[loop] - 1)], operator.extents[loop]
        while left > sum(sizes):
            sizes.append(rng.randint(1, left - sum(sizes)))
        yield Split(operator.name, loop, tuple(sizes))


def random_groups(dataflow: Dataflow, rng: Random) -> list[Graph]:
    """Operators alone, some of which are then put together: as far apart in the program as may be."""
    graph = dataflow.graph
    groups: list[Names] = []
    for run in dataflow.runs:
        alone = [(name,) for name in run]
        for _ in range(rng.randint(0, 2 * len(alone))):
            alone = _merged(graph, alone, rng)
        groups += alone
    return [members(graph, names) for names in in_running_order(graph, groups)]


def _merged(graph: Graph, groups: list[Names], rng: Random) -> list[Names]:
    """With two groups as one, or as before where these two cannot run together."""
    if len(groups) < 2:
        return groups
    one, other = rng.sample(groups, 2)
    merged = [*(g for g in groups if g not in (one, other)), (*one, *other)]
    try:
        in_running_order(graph, merged)
    except NotAPartition:
        return groups
    together = members(graph, merged[-1])
    return merged if is_connected(together) else groups


def random_schedule(group: Graph, accelerator: Accelerator, rng: Random) -> tuple[Schedule, Price]:
    """Any tiles, keeps and blocks with which the group runs, and what they cost."""
    for _ in range(20):
        schedule = _schedule(group, rng)
        if (cost := _price(group, schedule, accelerator)) is not None:
            return schedule, cost
    return Schedule(), price(group, Schedule(), accelerator)


def _price(group: Graph, schedule: Schedule, accelerator: Accelerator) -> Price | None:
    """None for a schedule that cannot run, or that leaves a live-out on chip."""
    try:
        cost = price(group, schedule, accelerator)
    except Unschedulable:
        return None
    return cost if all(cost.dram_write_bytes.get(name) for name in group.outputs) else None


def _schedule(group: Graph, rng: Random) -> Schedule:
    shape = group.tensors[group.operators[-1].write.tensor].shape
    dimensions = rng.sample(range(len(shape)), rng.randint(0, min(3, len(shape))))
    tiles = tuple(Tile(d, rng.randint(1, shape[d])) for d in dimensions)
    keeps = tuple(
        Keep(name, rng.randint(0, len(tiles) + 1))
        for name in sorted(group.tensors)
        if rng.random() < 0.6
    )
    loops = [(o, i) for o in group.operators for i, extent in enumerate(o.extents) if extent > 1]
    chosen = rng.sample(loops, rng.randint(0, min(len(loops), 2 * len(group.operators))))
    blocks = tuple(Block(o.name, i, rng.randint(1, o.extents[i] - 1)) for o, i in chosen)
    rereads = tuple(
        Reread(name, operator.name, rng.choice([None, *range(len(tiles) + 1)]))
        for name in group.live_ins
        for operator in group.consumers[name]
        if rng.random() < (0.4 if len(group.consumers[name]) > 1 else 0.05)
    )
    return Schedule(tiles, keeps, blocks, rereads)
