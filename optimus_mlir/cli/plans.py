"""`--save`: a plan in a file."""

from __future__ import annotations

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cli.compilation import Planned
from optimus_mlir.cli.options import Options
from optimus_mlir.cli.output import write_output
from optimus_mlir.cost import price
from optimus_mlir.fusion import Group, Plan, members
from optimus_mlir.fusion.plan_file import plan_as_json
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph


def save_plan(path: str, options: Options, planned: Planned) -> None:
    groups = [group_of(c, planned.graph, planned.accelerator) for c in planned.groups]
    plan = Plan(options.target.planner, tuple(groups), splits=planned.splits)
    text = plan_as_json(options.model, planned.accelerator, planned.graph, plan)
    write_output(path, text.encode())


def group_of(called: CalledGroup, network: Graph, accelerator: Accelerator) -> Group:
    """The group as the search made it, from what the program says of it."""
    group = members(network, called.operators).canonical()
    return Group(called.operators, called.schedule, price(group, called.schedule, accelerator))
