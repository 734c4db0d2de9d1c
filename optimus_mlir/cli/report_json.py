"""A report as one JSON object: exact figures, null for what is not known."""

from __future__ import annotations

import json
import math
from typing import Any

from optimus_mlir.cli.report import GroupReport, Report
from optimus_mlir.cost import Schedule
from optimus_mlir.cost.cycles import Time
from optimus_mlir.cost.energy import Energy

STAGES = ("import", "plan", "compile", "run")


def report_as_json(report: Report, explanation: dict[str, Any] | None = None) -> str:
    """The text; with the explanation of the plan, if that was asked for."""
    asked = {} if explanation is None else {"explanation": explanation}
    planned, difference, total = report.planned, report.difference, report.total
    return json.dumps(
        {
            "model": report.model,
            "accelerator": planned.accelerator.model_dump(),
            "solver": report.target.planner,
            "objective": report.target.objective,
            "groups": [_group(each) for each in report.groups],
            "host_operations": list(planned.host_operations),
            "host_bytes": planned.host_bytes,
            "dram_bytes": {
                "predicted": report.predicted_dram_bytes,
                "counted": report.counted_dram_bytes,
                "layer_by_layer": planned.layer_by_layer.dram_bytes,
                "floor": planned.floor_bytes,
                "bound": planned.bound_bytes,
            },
            "scratchpad_bytes": {
                "predicted": report.predicted_scratchpad_bytes,
                "counted": report.counted_scratchpad_bytes,
                "capacity": planned.accelerator.scratchpad_bytes,
            },
            "energy_pj": {
                **energy_fields(total.energy),
                "layer_by_layer": report.layer_by_layer.energy.total_pj,
            },
            "cycles": {
                **time_fields(total.time),
                "layer_by_layer": report.layer_by_layer.time.cycles,
            },
            "utilisation": total.utilisation,
            "reference": difference and difference.reference,
            "max_abs_error": difference and _finite(difference.max_abs_error),
            "matches_reference": difference and difference.is_tolerable,
            "seconds": {stage: report.seconds.get(stage) for stage in STAGES},
            **asked,
        },
        indent=2,
    )


def _group(each: GroupReport) -> dict[str, Any]:
    group, count = each.group, each.count
    return {
        "number": group.number,
        "operators": list(group.operators),
        "function": group.function,
        "result_shape": list(group.result_shape),
        "schedule": schedule_fields(group.schedule),
        "macs": group.macs,
        "dram_bytes": {
            "predicted": _traffic(group.dram_read_bytes, group.dram_write_bytes),
            "counted": count and _traffic(count.dram_read_bytes, count.dram_write_bytes),
        },
        "scratchpad_bytes": {
            "predicted": group.footprint_bytes,
            "counted": each.counted_scratchpad_bytes,
        },
        "energy_pj": energy_fields(each.cost.energy),
        "cycles": time_fields(each.cost.time),
        "utilisation": each.cost.utilisation,
    }


def energy_fields(energy: Energy) -> dict[str, float]:
    """Picojoules by part, and their sum."""
    return {
        "register_file": energy.register_file_pj,
        "array_network": energy.array_network_pj,
        "buffer": energy.buffer_pj,
        "dram": energy.dram_pj,
        "mac": energy.mac_pj,
        "total": energy.total_pj,
    }


def time_fields(time: Time) -> dict[str, int | None]:
    """Cycles; what overlaps makes the total less than the sum."""
    return {"compute": time.compute_cycles, "dma": time.dma_cycles, "total": time.cycles}


def schedule_fields(schedule: Schedule) -> dict[str, Any]:
    """As in the attribute `optimus.schedule`."""
    return {
        "tiles": [[tile.dimension, tile.size] for tile in schedule.tiles],
        "keeps": [[keep.tensor, keep.depth] for keep in schedule.keeps],
        "blocks": [[block.operator, block.loop, block.size] for block in schedule.blocks],
        "rereads": [[each.tensor, each.operator, each.depth] for each in schedule.rereads],
    }


def _traffic(read: tuple[int, ...], written: tuple[int, ...]) -> dict[str, list[int]]:
    return {"read": list(read), "written": list(written)}


def _finite(value: float) -> float | None:
    """JSON has no infinity; `matches_reference` says that something is wrong."""
    return value if math.isfinite(value) else None
