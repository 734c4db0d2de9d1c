"""`optimus replan`: a plan for what is free of the scratchpad, from a table of earlier plans."""

from __future__ import annotations

import json

import click


@click.command(
    short_help="A plan in milliseconds, from a table.",
    epilog="""\b
Examples:
  optimus sweep zoo:resnet50 --scratchpad 64KiB:180KiB --table resnet50.json
  optimus replan resnet50.json --scratchpad 100KiB -o plan.json
  optimus run zoo:resnet50 --plan plan.json
""",
)
@click.argument("table")
@click.option(
    "--scratchpad", "size", required=True, metavar="SIZE", help="How much of it is free: 100KiB."
)
@click.option("-o", "--output", metavar="FILE.json", help="Write the plan there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, exact to the byte.")
def replan(table: str, size: str, output: str | None, *, as_json: bool) -> int:
    """Plan for a scratchpad of another size, from a TABLE that `optimus sweep --table` wrote.

    Neither the model nor a schedule search is needed.
    """
    from time import perf_counter

    from optimus_mlir.cli.output import write_output
    from optimus_mlir.cli.units import number_of, percent, readable_bytes
    from optimus_mlir.fusion.plan_file import read_file
    from optimus_mlir.fusion.plan_table import PlanTable
    from optimus_mlir.target import parse_bytes

    known = read_file(table, PlanTable)
    free = parse_bytes(size)
    begin = perf_counter()
    plan = known.plan(free)
    milliseconds = 1000 * (perf_counter() - begin)
    if output is not None:
        write_output(output, known.plan_file(free).model_dump_json(indent=2).encode() + b"\n")
    if as_json:
        fields = {
            "model": known.model,
            "accelerator": known.accelerator | {"scratchpad_bytes": free},
            "dram_bytes": plan.dram_bytes,
            "bound": plan.bound,
            "footprint_bytes": plan.footprint_bytes,
            "groups": [list(group.operators) for group in plan.groups],
            "milliseconds": milliseconds,
        }
        click.echo(json.dumps(fields, indent=2))
        return 0
    gap = percent(plan.dram_bytes - plan.bound, plan.bound)
    click.echo(f"{known.model} on {known.accelerator['name']}, scratchpad {readable_bytes(free)}")
    click.echo(
        f"{readable_bytes(plan.dram_bytes)} of DRAM traffic in {number_of(len(plan.groups), 'group')}, "
        f"{gap} above the bound; planned in {milliseconds:.1f} ms"
    )
    for group in plan.groups:
        click.echo("  " + " ".join(group.operators))
    return 0
