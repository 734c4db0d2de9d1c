"""`--save`: a plan in a file."""

from __future__ import annotations

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cli.compilation import Planned
from optimus_mlir.cli.options import Options
from optimus_mlir.cli.output import write_output
from optimus_mlir.cost import Price
from optimus_mlir.fusion import Group
from optimus_mlir.fusion.plan import members
from optimus_mlir.fusion.plan_file import plan_as_json
from optimus_mlir.workload import Graph


def save_plan(path: str, options: Options, planned: Planned) -> None:
    groups = [_group(called, planned.graph) for called in planned.groups]
    solver = options.target.planner
    text = plan_as_json(options.model, solver, planned.accelerator, planned.graph, groups)
    write_output(path, text.encode())


def _group(called: CalledGroup, network: Graph) -> Group:
    """The group as the search made it, from what the program says of it."""
    group = members(network, called.operators).canonical()
    price = Price(
        dict(zip(group.live_ins, called.dram_read_bytes, strict=True)),
        dict(zip(group.outputs, called.dram_write_bytes, strict=True)),
        called.footprint_bytes,
        called.macs,
    )
    return Group(called.operators, called.schedule, price)
