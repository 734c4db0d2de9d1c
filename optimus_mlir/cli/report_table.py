"""A report as tables for a terminal of 80 columns or more."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cli.report import GroupReport, Report
from optimus_mlir.cli.units import (
    energy_unit,
    number_of,
    percent,
    readable_bytes,
    readable_count,
    readable_energy,
    three_digits,
)
from optimus_mlir.cost.totals import Total

WIDE_COLUMNS = 110  # from here on there is room for what is nice to know
GOOD, BAD, QUIET = "green", "bold red", "dim"


def print_report(report: Report, console: Console) -> None:
    console.print(_headline(report))
    if report.groups:
        console.print(_groups(report, is_wide=console.width >= WIDE_COLUMNS))
    else:
        console.print("nothing in it can run on the accelerator: everything stays on the host")
    console.print()
    console.print(_totals(report))


def _headline(report: Report) -> Text:
    operators = sum(len(each.group.operators) for each in report.groups)
    return Text.assemble(
        (report.model, "bold"),
        f" on {report.planned.accelerator.name}: {number_of(operators, 'operator')} in "
        f"{number_of(len(report.groups), 'group')} ({report.target.planner})",
    )


# Groups -------------------------------------------------------------------------------------------


def _groups(report: Report, *, is_wide: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("group", justify="right")
    table.add_column("operators", overflow="fold")
    if is_wide:
        table.add_column("function", no_wrap=True)
    table.add_column("tile", overflow="fold")
    table.add_column("scratchpad", justify="right")
    table.add_column("DRAM\npredicted", justify="right")
    if report.has_run:
        table.add_column("DRAM\ncounted", justify="right")
    for each in report.groups:
        function = [each.group.function] if is_wide else []
        counted = [_counted(each)] if report.has_run else []
        table.add_row(
            str(each.group.number),
            " ".join(each.group.operators),
            *function,
            "\n".join(_schedule(each.group)),
            _scratchpad(each),
            _bytes(each.group.dram_bytes),
            *counted,
        )
    return table


def _schedule(group: CalledGroup) -> Iterator[str]:
    """The tile as a box, tiled dimensions as size/extent; then what else the schedule says."""
    sizes = {tile.dimension: f"{tile.size}/" for tile in group.schedule.tiles}
    box = (f"{sizes.get(d, '')}{extent}" for d, extent in enumerate(group.result_shape))
    yield "x".join(box) if sizes else "whole"
    for depth, keeps in itertools.groupby(group.schedule.keeps, lambda keep: keep.depth):
        names = (keep.tensor for keep in keeps)
        yield " ".join(("keeps", *names, *([f"within {depth}"] if depth else [])))
    operators = {f"op{i}": name for i, name in enumerate(group.operators)}
    for reread in group.schedule.rereads:
        within = [] if reread.depth is None else [f"kept within {reread.depth}"]
        yield " ".join(("reads", reread.tensor, "again for", operators[reread.operator], *within))
    if group.schedule.blocks:
        blocks = (f"{operators[b.operator]}.{b.loop}/{b.size}" for b in group.schedule.blocks)
        yield " ".join(("blocks", *blocks))


def _scratchpad(each: GroupReport) -> Text:
    predicted, counted = each.group.footprint_bytes, each.counted_scratchpad_bytes
    if counted is None or counted == predicted:
        return _bytes(predicted)
    return _disagreement(predicted, counted)


def _counted(each: GroupReport) -> Text:
    counted = each.counted_dram_bytes
    if counted is None:
        return Text("did not run", BAD)
    if not any("DRAM" in where for where in each.disagreements()):
        return Text(readable_bytes(counted), GOOD)
    return _disagreement(each.group.dram_bytes, counted)


def _disagreement(predicted: int, counted: int) -> Text:
    return Text(f"{counted} B\nNOT {predicted} B", BAD)


def _bytes(count: int) -> Text:
    return Text(readable_bytes(count))


# Totals -------------------------------------------------------------------------------------------


def _totals(report: Report) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for row in (*_traffic_rows(report), *_cost_rows(report)) if report.groups else ():
        table.add_row(*row)
    for row in _other_rows(report):
        table.add_row(*row)
    return table


Row = tuple[str, str | Text, str | Text]


def _traffic_rows(report: Report) -> Iterator[Row]:
    planned, traffic = report.planned, report.predicted_dram_bytes
    yield "DRAM traffic", _bytes(traffic), _verdict(report)
    baseline, floor = planned.layer_by_layer.dram_bytes, planned.floor_bytes
    saved = percent(baseline - traffic, baseline)
    yield "layer by layer", _bytes(baseline), f"the plan saves {saved}"
    above = f"the plan is {percent(traffic - floor, floor)} above"
    yield "floor", _bytes(floor), f"{above if traffic > floor else 'reached'}; no plan moves less"
    gap = traffic - planned.bound_bytes
    if planned.bound_bytes > floor:
        proved = f"at most {percent(gap, traffic)} could be saved" if gap > 0 else "the best plan"
        yield "bound", _bytes(planned.bound_bytes), f"{proved} in this schedule space"
    capacity = planned.accelerator.scratchpad_bytes
    peak = report.counted_scratchpad_bytes or report.predicted_scratchpad_bytes
    used = f"{percent(peak, capacity)} of {readable_bytes(capacity)}"
    yield "scratchpad peak", _bytes(peak), used


def _cost_rows(report: Report) -> Iterator[Row]:
    """Energy and time as predicted: the emulator counts neither."""
    total, layers = report.total, report.layer_by_layer
    energy = total.energy.total_pj
    yield "energy", readable_energy(energy), _saved(energy, layers.energy.total_pj, readable_energy)
    yield "", "", _parts(total)
    if total.time.cycles is None:
        why = "the accelerator does not say how fast DRAM is"
        yield "compute cycles", readable_count(total.time.compute_cycles), why
    else:
        cycles = total.time.cycles
        yield (
            "cycles",
            readable_count(cycles),
            _saved(cycles, layers.time.cycles or 0, readable_count),
        )
        yield "", "", _where_time_goes(total)


def _saved(figure: float, layer_by_layer: float, readable: Callable[[float], str]) -> str:
    """In other words where nothing is saved: less traffic may mean more recomputing."""
    change = percent(abs(layer_by_layer - figure), layer_by_layer)
    verdict = f"takes {change} more" if figure > layer_by_layer else f"saves {change}"
    return f"layer by layer {readable(layer_by_layer)}: the plan {verdict}"


def _parts(total: Total) -> str:
    energy = total.energy
    parts = {
        "DRAM": energy.dram_pj,
        "buffer": energy.buffer_pj,
        "registers": energy.register_file_pj,
        "network": energy.array_network_pj,
        "MACs": energy.mac_pj,
    }
    unit, size = energy_unit(energy.total_pj)
    return ", ".join(f"{name} {three_digits(pj / size)}" for name, pj in parts.items()) + f" {unit}"


def _where_time_goes(total: Total) -> str:
    time = total.time
    assert time.dma_cycles is not None
    parts = [
        f"compute {readable_count(time.compute_cycles)}",
        f"DMA {readable_count(time.dma_cycles)}",
    ]
    if total.utilisation is not None:
        parts.append(f"PEs {percent(total.utilisation, 1)} busy")
    if time.seconds is not None:
        parts.append(f"{1e3 * time.seconds:.3g} ms")
    return ", ".join(parts)


def _verdict(report: Report) -> Text:
    if not report.has_run:
        return Text("predicted", QUIET)
    if any(each.count is None or any(each.disagreements()) for each in report.groups):
        return Text("predicted, BUT the emulator counted otherwise: see the errors", BAD)
    return Text("predicted and counted: equal for every tensor", GOOD)


def _other_rows(report: Report) -> Iterator[Row]:
    if report.planned.host_operations:
        names = report.planned.host_operations
        kinds = ", ".join(dict.fromkeys(names))
        what = f"in {number_of(len(names), 'op')}, not part of the DRAM traffic: {kinds}"
        yield "on the host", _bytes(report.planned.host_bytes), what
    if report.difference is not None:
        error, tolerable = report.difference.max_abs_error, report.difference.is_tolerable
        verdict = f"largest, from {report.difference.reference}"
        if not tolerable:
            verdict += ": TOO LARGE"
        yield "difference", Text(f"{error:.2g}", GOOD if tolerable else BAD), verdict
    times = [f"{stage} {seconds:.1f} s" for stage, seconds in report.seconds.items()]
    yield "time", f"{sum(report.seconds.values()):.1f} s", Text(", ".join(times), QUIET)
