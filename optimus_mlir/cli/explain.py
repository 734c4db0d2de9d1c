"""`optimus explain`: for every feature map that goes through DRAM, why it does."""

from __future__ import annotations

import json

import click

from optimus_mlir.cli.study import Study, takes_study


@click.command(
    short_help="Why operators were not fused.",
    epilog="""\b
Examples:
  optimus explain zoo:resnet18
  optimus explain model.mlir --set scratchpad_bytes=64KiB --json
""",
)
@takes_study
@click.option(
    "--solver", default="online", show_default=True, metavar="NAME", help="How to search."
)
def explain(study: Study, solver: str) -> int:
    """Plan MODEL, and say for each edge between two groups what fusing them would take."""
    from optimus_mlir.fusion.explain import unfused
    from optimus_mlir.fusion.prices import GroupPrices
    from optimus_mlir.fusion.solvers import solve_with

    progress = study.progress()
    with study.dataflow(progress) as dataflow, progress.step("plan", "planning"):
        prices = GroupPrices(dataflow.graph, study.load_accelerator())
        plan = solve_with(prices, solver, dataflow.runs, study.seconds)
        edges = list(unfused(prices, plan, dataflow.runs))
    if study.as_json:
        fields = ("producer", "reader", "reason")
        click.echo(json.dumps([{f: getattr(e, f) for f in fields} for e in edges], indent=2))
        return 0
    for edge in edges:
        click.echo(str(edge))
    if not edges:
        click.echo("every feature map stays on chip")
    return 0
