"""`optimus explain` and `optimus plan --explain`: why a plan costs what it costs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from optimus_mlir.cli.study import Study, takes_study

if TYPE_CHECKING:
    from optimus_mlir.cli.compilation import Planned
    from optimus_mlir.cli.progress import Progress
    from optimus_mlir.fusion import Plan
    from optimus_mlir.fusion.explain import Explanation
    from optimus_mlir.target import Accelerator
    from optimus_mlir.workload import Graph


@click.command(
    short_help="Why a plan costs what it costs.",
    epilog="""\b
Examples:
  optimus explain zoo:resnet18
  optimus explain model.mlir --set scratchpad_bytes=64KiB --json
The same for a plan made with other options: optimus plan MODEL --explain
""",
)
@takes_study
@click.option(
    "--solver", default="online", show_default=True, metavar="NAME", help="How to search."
)
def explain(study: Study, solver: str) -> int:
    """Plan MODEL, and give account of it.

    For each group: what moves and why, what fills the scratchpad, what a larger one would buy. For
    each edge between two groups: what fusing them would take.
    """
    from optimus_mlir.fusion.explain import explanation
    from optimus_mlir.fusion.prices import GroupPrices
    from optimus_mlir.fusion.solvers import solve_with
    from optimus_mlir.workload.splitting import split_names

    progress = study.progress()
    with study.dataflow(progress) as dataflow:
        prices = GroupPrices(dataflow.graph, study.load_accelerator())
        with progress.step("plan", "planning"):
            plan = solve_with(prices, solver, dataflow.runs, study.seconds)
        network = plan.network(dataflow.graph)
        if plan.splits:
            prices = GroupPrices(network, prices.accelerator)
        stretches = [split_names(dataflow.graph, run, plan.splits) for run in dataflow.runs]
        with progress.step("plan", "explaining"):
            why = explanation(prices, plan, dataflow.graph, stretches)
    result = Explained(network, prices.accelerator, plan, why)
    click.echo(json.dumps(result.fields(), indent=2)) if study.as_json else result.print()
    return 0


@dataclass(frozen=True)
class Explained:
    """A plan and what there is to say about it."""

    network: Graph
    accelerator: Accelerator
    plan: Plan
    why: Explanation

    def fields(self) -> dict[str, Any]:
        """Every figure, as JSON has it."""
        from optimus_mlir.fusion.plan_file import plain

        return {
            "groups": [
                {"operators": list(group.operators), **plain(account)}
                for group, account in zip(self.plan.groups, self.why.accounts, strict=True)
            ],
            "splits": plain(self.why.splits),
            "edges": plain(self.why.edges),
        }

    def print(self) -> None:
        from optimus_mlir.cli.account import in_parts, sentences
        from optimus_mlir.fusion import members

        pairs = zip(self.plan.groups, self.why.accounts, strict=True)
        for number, (group, account) in enumerate(pairs):
            graph = members(self.network, group.operators)
            lines = sentences(account, graph, self.accelerator)
            _print_part(f"group {number}: {' '.join(group.operators)}", lines)
        if self.why.splits:
            _print_part("in parts:", map(in_parts, self.why.splits))
        edges = map(str, self.why.edges)
        _print_part("between groups:", list(edges) or ["every feature map stays on chip"])


def explained(planned: Planned, objective: str, progress: Progress) -> Explained:
    """The plan of a compiled model, explained."""
    from optimus_mlir.cli.plans import group_of
    from optimus_mlir.fusion import Plan
    from optimus_mlir.fusion.explain import explanation
    from optimus_mlir.fusion.objective import objective_of
    from optimus_mlir.fusion.prices import GroupPrices

    network, accelerator = planned.graph, planned.accelerator
    prices = GroupPrices(network, accelerator, objective_of(objective, accelerator))
    groups = tuple(group_of(called, network, accelerator) for called in planned.groups)
    plan = Plan("", groups, splits=planned.splits)
    with progress.step("plan", "explaining"):
        why = explanation(prices, plan, planned.whole, planned.stretches)
    return Explained(network, accelerator, plan, why)


def _print_part(title: str, lines: Iterable[str]) -> None:
    click.echo(title)
    for line in lines:
        click.echo(f"  {line}")
    click.echo()
