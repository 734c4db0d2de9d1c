"""A plan from a file, checked against the network that it is to run: refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimus_mlir.cost import Price, Schedule, Unschedulable, price
from optimus_mlir.errors import OptimusError, did_you_mean
from optimus_mlir.fusion.partition import NotAPartition, in_running_order, is_connected
from optimus_mlir.fusion.plan import Group, Plan, members
from optimus_mlir.fusion.plan_file import PlanFile, explained_names
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, split_graph
from optimus_mlir.workload.splitting import can_split, split_names, whole_names


def replay(
    file: PlanFile,
    source: str,
    graph: Graph,
    accelerator: Accelerator,
    stretches: Sequence[Sequence[str]] = (),
) -> Plan:
    """The plan as it would run, priced anew; errors begin with `source`.

    No group may reach across the border of two `stretches`, where an op stays on the host.
    """
    for complaint in _split_complaints(file, graph):
        raise OptimusError(f"{source}: {complaint}")
    stretches = [split_names(graph, names, file.splits) for names in stretches]
    graph = split_graph(graph, file.splits)
    for complaint in _complaints(file, graph, stretches):
        raise OptimusError(f"{source}: {complaint}")
    numbers = {group.operators: i for i, group in enumerate(file.groups)}
    order = {operator.name: i for i, operator in enumerate(graph.operators)}
    sorted_names = {tuple(sorted(names, key=order.__getitem__)): names for names in numbers}
    try:
        ordered = in_running_order(graph, list(sorted_names))
    except NotAPartition as error:
        raise OptimusError(f"{source}: {error}") from None
    groups: list[Group] = []
    for names in ordered:
        number = numbers[sorted_names[names]]
        try:
            schedule = file.groups[number].schedule
            groups.append(_group(members(graph, names), schedule, accelerator))
        except OptimusError as error:
            raise OptimusError(f"{source}: groups[{number}]: {error}") from None
    return Plan(file.solver, tuple(groups), splits=file.splits)


def _split_complaints(file: PlanFile, graph: Graph) -> Iterator[str]:
    """Where the operators cannot be split like this."""
    by_name = {operator.name: operator for operator in graph.operators}
    seen: set[str] = set()
    for number, split in enumerate(file.splits):
        where, name = f"splits[{number}]", split.operator
        operator = by_name.get(name)
        if operator is None:
            yield f"{where}.operator: the network has no {name!r}{did_you_mean(name, [*by_name])}"
            continue
        if not 0 <= split.loop < len(operator.extents) or not can_split(
            graph, operator, split.loop
        ):
            able = [n for n in range(len(operator.extents)) if can_split(graph, operator, n)]
            loops = f"its loops {able}" if able else "no loop of it"
            yield f"{where}.loop: {name} cannot be split along loop {split.loop}; {loops} can be"
            continue
        names = set(whole_names(graph, split))
        if not seen.isdisjoint(names):
            yield f"{where}.operator: {min(seen & names)} is split already"
        seen |= names
        extent = operator.extents[split.loop]
        if sum(split.sizes) != extent or min(split.sizes, default=0) < 1:
            yield f"{where}.sizes: must be positive and add up to {extent}, got {[*split.sizes]}"


def _complaints(file: PlanFile, graph: Graph, stretches: Sequence[Sequence[str]]) -> Iterator[str]:
    """Where the groups are no partition of the network's operators."""
    known = [operator.name for operator in graph.operators]
    group_of: dict[str, int] = {}
    for number, group in enumerate(file.groups):
        for name in group.operators:
            if name not in known:
                hint = did_you_mean(name, known)
                yield f"groups[{number}].operators: the network has no {name!r}{hint}"
            if name in group_of:
                yield f"groups[{number}].operators: {name} is in groups[{group_of[name]}] too"
            group_of[name] = number
    missing = [name for name in known if name not in group_of]
    if missing:
        yield f"no group runs {', '.join(missing)}: each operator must be in one"
    stretch_of = {name: i for i, names in enumerate(stretches) for name in names}
    for number, group in enumerate(file.groups):
        if len({stretch_of.get(name) for name in group.operators}) > 1:
            yield f"groups[{number}].operators: an op that stays on the host is between them"


def _group(group: Graph, schedule: Schedule, accelerator: Accelerator) -> Group:
    names = tuple(operator.name for operator in group.operators)
    if not is_connected(group):
        raise OptimusError(f"not connected: no feature map holds {', '.join(names)} together")
    _require_known_names(group, schedule)
    canonical = group.canonical()
    try:
        cost = price(canonical, schedule, accelerator)
    except Unschedulable as error:
        raise OptimusError(f"this schedule cannot run: {error}") from None
    _require_fit(cost, accelerator)
    unstored = [name for name in canonical.outputs if not cost.dram_write_bytes.get(name)]
    if unstored:
        raise OptimusError(f"this schedule does not store {', '.join(unstored)}, a live-out")
    return Group(names, schedule, cost)


def _require_known_names(group: Graph, schedule: Schedule) -> None:
    known = {name: name for name in group.canonical_names.values()}
    try:
        schedule.renamed(known)
    except KeyError as error:
        explained = ", ".join(f"{k} ({v})" for k, v in explained_names(group).items())
        raise OptimusError(
            f"schedule: this group has no {error.args[0]!r}: its names are {explained}"
        ) from None


def _require_fit(cost: Price, accelerator: Accelerator) -> None:
    if cost.footprint_bytes > accelerator.scratchpad_bytes:
        raise OptimusError(
            f"does not fit: needs {cost.footprint_bytes} bytes of scratchpad, "
            f"{accelerator.name} has {accelerator.scratchpad_bytes}"
        )
