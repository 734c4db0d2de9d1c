"""Why a plan is as it is: the account of every group, and why two groups are not one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from optimus_mlir.cost.buffers import element_bytes
from optimus_mlir.fusion.account import Account, account_of
from optimus_mlir.fusion.attention import capacities_in_parts
from optimus_mlir.fusion.capacities import Capacities
from optimus_mlir.fusion.in_parts import InParts, in_parts
from optimus_mlir.fusion.partition import NotAPartition, in_running_order
from optimus_mlir.fusion.plan import Group, Plan, members
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import Choice, smallest_footprint_bytes
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph
from optimus_mlir.workload.parts import part_name
from optimus_mlir.workload.softmax import Attention
from optimus_mlir.workload.splitting import attention_of, split_names, whole_names


@dataclass(frozen=True)
class Unfused:
    """A feature map that goes through DRAM from one operator to another, and why."""

    producer: str
    reader: str
    reason: str

    def __str__(self) -> str:
        return f"{self.producer} and {self.reader} are not fused: {self.reason}"


@dataclass(frozen=True)
class Explanation:
    """What there is to say about a plan; accounts are in the order of its groups."""

    accounts: tuple[Account, ...]
    edges: tuple[Unfused, ...]
    splits: tuple[InParts, ...] = ()


def explanation(
    prices: GroupPrices, plan: Plan, graph: Graph, stretches: Sequence[Sequence[str]] = ()
) -> Explanation:
    """The plan for `graph` explained; `prices` are those of its accelerator and its objective.

    They and the stretches know the parts of what the plan splits.
    """
    return Explanation(
        tuple(_accounts(prices, plan, graph)),
        tuple(unfused(prices, plan, stretches)),
        tuple(in_parts(plan, graph, prices.accelerator)),
    )


def _accounts(prices: GroupPrices, plan: Plan, graph: Graph) -> Iterator[Account]:
    """In the names of the network; what equal groups have in common is worked out once."""
    known: dict[tuple[Hashable, int], Capacities] = {}
    attentions = attentions_in_parts(graph, plan)
    for planned in plan.groups:
        group = members(prices.graph, planned.operators)
        key = prices.structure(group.operators), planned.price.dram_bytes
        attention = attentions.get(planned.operators)
        if attention is not None and key not in known:
            moved = planned.price.dram_bytes
            known[key] = capacities_in_parts(group, attention, prices.accelerator, moved)
        names = {canonical: name for name, canonical in group.canonical_names.items()}
        schedule = planned.schedule.renamed(names)
        account = account_of(group, schedule, prices.accelerator, known.get(key))
        known[key] = account.capacities
        yield account


def attentions_in_parts(graph: Graph, plan: Plan) -> dict[tuple[str, ...], Attention]:
    """The attentions of `graph` that the plan splits, by the operators of their groups."""
    found = ((split, attention_of(graph, split)) for split in plan.splits)
    return {
        split_names(graph, whole_names(graph, split), [split]): attention
        for split, attention in found
        if attention is not None
    }


def unfused(
    prices: GroupPrices, plan: Plan, stretches: Sequence[Sequence[str]] = ()
) -> Iterator[Unfused]:
    """Every edge of the graph between two groups, in program order of the readers."""
    graph = prices.graph
    group_of = {name: group for group in plan.groups for name in group.operators}
    stretch_of = {name: i for i, names in enumerate(stretches) for name in names}
    reasons: dict[tuple[tuple[str, ...], ...], str] = {}
    for reader in graph.operators:
        for access in {a.tensor: a for a in reader.reads}.values():
            if access.tensor not in graph.producer:
                continue
            producer = graph.producer[access.tensor]
            pair = (group_of[producer.name], group_of[reader.name])
            if pair[0] is pair[1]:
                continue
            if stretch_of.get(producer.name) != stretch_of.get(reader.name):
                reason = "an op between them stays on the host"
            else:
                key = (pair[0].operators, pair[1].operators)
                reason = reasons.get(key) or _reason(prices, plan, *pair)
                reasons[key] = reason
            yield Unfused(producer.name, reader.name, reason)


def _reason(prices: GroupPrices, plan: Plan, first: Group, second: Group) -> str:
    names = (*first.operators, *second.operators)
    others = [g.operators for g in plan.groups if g is not first and g is not second]
    if any(len(g.operators) > 1 and _is_in_parts(g, plan) for g in (first, second)):
        return "an attention in parts of its keys is a group by itself"
    try:
        in_running_order(prices.graph, [names, *others])
    except NotAPartition as error:
        return str(error)
    by_name = {operator.name: operator for operator in prices.graph.operators}
    operators = prices.in_program_order(by_name[name] for name in names)
    choice = prices.best(operators)
    together = prices.graph.group(operators)
    if choice is None:
        return _no_schedule(prices, together)
    return _costs_more(prices, together, choice, first, second)


def _is_in_parts(group: Group, plan: Plan) -> bool:
    return any(part_name(split.operator, 0) == group.operators[0] for split in plan.splits)


def _no_schedule(prices: GroupPrices, together: Graph) -> str:
    smallest = smallest_footprint_bytes(together.canonical(), prices.accelerator)
    if smallest is None:
        return "no schedule runs both: their results have no tiles in common"
    capacity = prices.accelerator.scratchpad_bytes
    return f"fusing would need a scratchpad of {_kib(smallest)}; there are {_kib(capacity)}"


def _costs_more(
    prices: GroupPrices, together: Graph, choice: Choice, first: Group, second: Group
) -> str:
    apart = prices.cost(first.price) + prices.cost(second.price)
    more = prices.cost(choice.price) - apart
    if more < 0:
        return "fusing would save, but the search did not look there: try the solver offline"
    cost = f"{_amount(prices, more)} more" if more else "no less"
    detail = _read_most_often(together, choice, prices.accelerator)
    return f"fusing would cost {cost}" + (f": {detail}" if detail else "")


def _read_most_often(together: Graph, choice: Choice, accelerator: Accelerator) -> str:
    """The live-in that moves the most beyond its size."""
    sizes = {n: t.elements * element_bytes(t, accelerator) for n, t in together.tensors.items()}
    names = together.canonical_names
    owner = {a.tensor: o.name for o in reversed(together.operators) for a in o.reads}
    extra = {
        name: choice.price.dram_read_bytes.get(names[name], 0) - size
        for name, size in sizes.items()
    }
    worst = max(extra, key=lambda name: extra[name])
    if extra[worst] <= 0:
        return ""
    tensor = together.tensors[worst]
    times = 1 + extra[worst] / sizes[worst]
    what = f"weights of {owner[worst]}" if tensor.constant else f"input of {owner[worst]}"
    return f"{what} read {times:.3g} times"


def _amount(prices: GroupPrices, more: float) -> str:
    match prices.objective.name:
        case "energy":
            return f"{more / 1e6:.4g} uJ"
        case "cycles":
            return f"{more:.0f} cycles"
        case _:
            return _kib(more)


def _kib(count: float) -> str:
    if count >= 10 * 2**20:
        return f"{count / 2**20:.4g} MiB"
    return f"{count / 1024:.4g} KiB" if count >= 1024 else f"{count:.0f} bytes"
