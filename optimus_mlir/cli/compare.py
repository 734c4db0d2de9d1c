"""`optimus compare`: every solver on one model, side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from optimus_mlir.cli.study import Study, takes_study

if TYPE_CHECKING:
    from optimus_mlir.cost.totals import Total
    from optimus_mlir.fusion.summary import Traffic


COLUMNS = (
    *("solver", "DRAM", "weights", "maps in", "maps out"),
    *("groups", "energy", "cycles", "time", "gap"),
)


@dataclass(frozen=True)
class Row:
    """What one solver found, and how long it took with nothing known beforehand."""

    solver: str
    traffic: Traffic
    groups: int
    total: Total  # energy and time on the accelerator
    seconds: float
    schedule_searches: int
    bound: float


@click.command(
    short_help="All solvers side by side.",
    epilog="""\b
Examples:
  optimus compare zoo:resnet18
  optimus compare model.mlir --set scratchpad_bytes=64KiB --json
  optimus compare zoo:googlenet --solver online --solver greedy
""",
)
@takes_study
@click.option(
    "--solver", "solvers", multiple=True, metavar="NAME", help="Only this one (repeatable)."
)
def compare(study: Study, solvers: tuple[str, ...]) -> int:
    """Plan MODEL with every solver: DRAM bytes by kind, groups, energy and cycles, search time, gap.

    The bound is the highest that any of the solvers proved: no plan of the schedule space can move
    less. It is the floor unless the off-line solver came to its end.
    """
    from optimus_mlir.fusion import SOLVERS

    progress = study.progress()
    with study.dataflow(progress) as dataflow:
        rows: list[Row] = []
        for solver in solvers or reversed(SOLVERS):
            with progress.step("plan", f"planning with {solver}"):
                rows.append(_row(study, dataflow, solver))
    click.echo(as_json(study, rows)) if study.as_json else print_table(study, rows)
    return 0


def _row(study: Study, dataflow: Any, solver: str) -> Row:
    from time import perf_counter

    from optimus_mlir.cost.totals import total_of
    from optimus_mlir.fusion.prices import GroupPrices
    from optimus_mlir.fusion.solvers import solve_with
    from optimus_mlir.fusion.summary import traffic_by_kind

    prices = GroupPrices(dataflow.graph, study.load_accelerator())
    begin = perf_counter()
    plan = solve_with(prices, solver, dataflow.runs, study.seconds)
    seconds = perf_counter() - begin
    traffic = traffic_by_kind(dataflow.graph, plan)
    total = total_of([group.price.cost for group in plan.groups], prices.accelerator)
    return Row(solver, traffic, len(plan.groups), total, seconds, prices.searches, plan.bound)


def as_json(study: Study, rows: list[Row]) -> str:
    bound = max(row.bound for row in rows)
    return json.dumps(
        {
            "model": study.model,
            "accelerator": study.load_accelerator().model_dump(),
            "bound": bound,
            "solvers": [
                {
                    "solver": row.solver,
                    "dram_bytes": {
                        "weights_read": row.traffic.weights_read,
                        "maps_read": row.traffic.maps_read,
                        "maps_written": row.traffic.maps_written,
                        "total": row.traffic.total,
                    },
                    "groups": row.groups,
                    "energy_pj": row.total.energy.total_pj,
                    "cycles": row.total.time.cycles,
                    "seconds": row.seconds,
                    "schedule_searches": row.schedule_searches,
                    "gap": row.traffic.total / bound - 1 if bound else None,
                }
                for row in rows
            ],
        },
        indent=2,
    )


def print_table(study: Study, rows: list[Row]) -> None:
    from rich.table import Table

    from optimus_mlir.cli.terminal import stdout_console
    from optimus_mlir.cli.units import percent, readable_bytes, readable_count, readable_energy

    bound = max(row.bound for row in rows)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "solver" else "right", no_wrap=True)
    for row in rows:
        kinds = (row.traffic.weights_read, row.traffic.maps_read, row.traffic.maps_written)
        gap = "optimal" if row.traffic.total <= bound else percent(row.traffic.total - bound, bound)
        table.add_row(
            row.solver,
            readable_bytes(row.traffic.total),
            *map(readable_bytes, kinds),
            str(row.groups),
            readable_energy(row.total.energy.total_pj),
            "-" if row.total.time.cycles is None else readable_count(row.total.time.cycles),
            f"{row.seconds:.2f} s",
            gap,
        )
    accelerator = study.load_accelerator()
    console = stdout_console()
    capacity = readable_bytes(accelerator.scratchpad_bytes)
    console.print(f"{study.model} on {accelerator.name}, scratchpad {capacity}")
    console.print(table)
    console.print(f"no plan of the schedule space moves less than {readable_bytes(int(bound))}")
