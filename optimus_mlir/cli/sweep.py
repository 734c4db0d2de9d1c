"""`optimus sweep`: how a model's traffic depends on the size of the scratchpad."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimus_mlir.cli.output import write_output
from optimus_mlir.cli.study import Study, takes_study
from optimus_mlir.cli.sweep_points import Point, never_worse, with_knees

if TYPE_CHECKING:
    from optimus_mlir.analysis.dataflow import Dataflow
    from optimus_mlir.fusion.learning import Lessons


@click.command(
    short_help="Traffic against scratchpad size.",
    epilog="""\b
Examples:
  optimus sweep zoo:resnet18 --scratchpad 32KiB:4MiB
  optimus sweep model.mlir --scratchpad 16KiB:1MiB --steps 4 --plot traffic.svg
  optimus sweep zoo:resnet18 --scratchpad 32KiB:180KiB --table resnet18.json
""",
)
@takes_study
@click.option(
    "--scratchpad",
    "sizes",
    default="32KiB:4MiB",
    show_default=True,
    metavar="FROM:TO",
    help="The smallest and the largest size.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Sizes for each factor of two.",
)
@click.option(
    "--solver", default="online", show_default=True, metavar="NAME", help="How to search."
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE.svg|png",
    help="Draw it (needs matplotlib: pip install 'optimus-mlir[plot]').",
)
@click.option(
    "--table",
    metavar="FILE.json",
    help="Keep what was learned there, for 'optimus replan'.",
)
def sweep(
    study: Study, sizes: str, steps: int, *, solver: str, plot: Path | None, table: str | None
) -> int:
    """Plan MODEL for scratchpads of many sizes.

    A larger one never moves more: where the search finds no better plan, that for less room stays.

    A knee is a size at which the plan moves at least 5 % less than at the size before: its groups
    are listed.
    """
    from optimus_mlir.fusion.learning import Lessons

    progress = study.progress()
    points: list[Point] = []
    with study.dataflow(progress) as dataflow:
        *smaller, largest = ladder(sizes, steps)
        fields = {"scratchpad_bytes": largest}
        accelerator = study.load_accelerator().model_copy(update=fields)
        lessons = Lessons(dataflow.graph, accelerator, dataflow.runs)
        for size in (largest, *reversed(smaller)):  # what is known of more room helps with less
            with progress.step("plan", f"planning for {size} bytes"):
                points.append(_point(study, dataflow, solver, lessons, size))
        if table is not None:
            with progress.step("plan", f"pricing the groups for {table}"):
                write_output(table, lessons.table(study.model).model_dump_json().encode())
    points = with_knees(never_worse(points[::-1]))
    if plot is not None:
        from optimus_mlir.cli.sweep_plot import draw

        draw(plot, study.model, points)
    if study.as_json:
        click.echo(as_json(study, solver, points))
    else:
        print_table(study, solver, points)
    return 0


def ladder(sizes: str, steps: int) -> list[int]:
    """From the smallest to the largest, `steps` for each factor of two; both ends included."""
    from optimus_mlir.errors import OptimusError
    from optimus_mlir.target import parse_bytes

    first, colon, last = sizes.partition(":")
    if not colon:
        raise OptimusError(f"--scratchpad {sizes}: write it like 32KiB:4MiB")
    low, high = parse_bytes(first), parse_bytes(last)
    if not 0 < low <= high:
        raise OptimusError(f"--scratchpad {sizes}: the first size must be the smaller one")
    found: list[int] = []
    while (size := round(low * 2 ** (len(found) / steps))) < high:
        found.append(size)
    return [*found, high]


def _point(study: Study, dataflow: Dataflow, solver: str, lessons: Lessons, size: int) -> Point:
    from optimus_mlir.errors import OptimusError
    from optimus_mlir.fusion.solvers import require_feasible, solve_with

    prices = lessons.prices_in(size)
    try:
        require_feasible(prices)
    except OptimusError:
        return Point(size, None, None)
    plan = lessons.learn(size, solver, study.seconds)
    layers = solve_with(prices, "layer-by-layer", dataflow.runs, bounded=False).dram_bytes
    return Point(size, plan, layers)


def as_json(study: Study, solver: str, points: Sequence[Point]) -> str:
    return json.dumps(
        {
            "model": study.model,
            "accelerator": study.load_accelerator().model_dump(),
            "solver": solver,
            "points": [
                {
                    "scratchpad_bytes": point.scratchpad_bytes,
                    "dram_bytes": point.plan and point.plan.dram_bytes,
                    "layer_by_layer_bytes": point.layer_by_layer_bytes,
                    "bound": point.plan and point.plan.bound,
                    "groups": [list(names) for names in point.groups],
                    "is_knee": point.is_knee,
                }
                for point in points
            ],
        },
        indent=2,
    )


def print_table(study: Study, solver: str, points: Sequence[Point]) -> None:
    from rich.table import Table

    from optimus_mlir.cli.terminal import stdout_console
    from optimus_mlir.cli.units import readable_bytes

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("scratchpad", "DRAM", "layer by layer", "groups", ""):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for point in points:
        size = readable_bytes(point.scratchpad_bytes)
        if point.plan is None or point.layer_by_layer_bytes is None:
            table.add_row(size, "-", "-", "-", "too small for some operator")
            continue
        counts = (point.plan.dram_bytes, point.layer_by_layer_bytes)
        groups = str(len(point.plan.groups))
        table.add_row(size, *map(readable_bytes, counts), groups, "knee" if point.is_knee else "")
    console = stdout_console()
    console.print(f"{study.model} on {study.accelerator_name} ({solver})")
    console.print(table)
    for point in points:
        if point.is_knee:
            console.print(f"groups at {readable_bytes(point.scratchpad_bytes)}:", style="bold")
            for names in point.groups:
                console.print("  " + " ".join(names), soft_wrap=True)
