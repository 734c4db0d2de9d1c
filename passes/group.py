"""--optimus-group: ask the cost model which operators to run together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.analysis.static_shapes import require_static_shapes
from optimus_mlir.fusion import Group, Plan, members, solve
from optimus_mlir.fusion.objective import objective_of
from optimus_mlir.fusion.plan_file import read_plan
from optimus_mlir.fusion.replay import replay
from optimus_mlir.mlir import Pass, ir
from optimus_mlir.mlir.dead_code import erase_dead_ops
from optimus_mlir.mlir.diagnostics import remark
from optimus_mlir.passes.plan_options import PlanOptions
from optimus_mlir.target import Accelerator
from optimus_mlir.tiling.split_attention import split_attention
from optimus_mlir.tiling.split_reductions import split_reduction
from optimus_mlir.workload import Graph, Split
from optimus_mlir.workload.splitting import attention_of

BOUND = "optimus.bound"  # on the module: DRAM bytes below which no plan of the space can come


@dataclass(frozen=True)
class GroupPass(PlanOptions, Pass):
    """Label the operators that are cheaper together than apart, with their schedule and price."""

    argument = "optimus-group"

    def run(self, module: ir.Module) -> None:
        accelerator = self.target()
        require_static_shapes(module)
        number, bound = 0, 0.0
        splits: list[Split] = []
        for function in entry_functions(module):
            dataflow = read_dataflow(function)
            remark_on_hosts(dataflow, accelerator)
            plan = self._plan(dataflow, accelerator)
            if plan.splits:
                dataflow = in_parts(function, dataflow, plan.splits)
                splits += plan.splits
            for group in plan.groups:
                annotate(dataflow, members(dataflow.graph, group.operators), group, number)
                number += 1
            bound += plan.bound
        annotations.write_accelerator(module.operation, accelerator)
        if splits:
            annotations.write_splits(module.operation, splits)
        module.operation.attributes[annotations.SOLVER] = ir.StringAttr.get(
            self.plan or self.solver
        )
        if self.objective == "dram-bytes":
            module.operation.attributes[BOUND] = annotations.integer(math.floor(bound))

    def _plan(self, dataflow: Dataflow, accelerator: Accelerator) -> Plan:
        graph, runs = dataflow.graph, dataflow.runs
        if self.plan:
            return replay(read_plan(self.plan), self.plan, graph, accelerator, runs)
        objective = objective_of(self.objective, accelerator)
        limit = self.time_limit
        return solve(graph, accelerator, self.solver, runs, limit, objective=objective)


def entry_functions(module: ir.Module) -> list[ir.Operation]:
    """The public functions with a body, which is where the network is."""
    return [
        op.operation
        for op in module.body.operations
        if op.operation.name == "func.func"
        and op.operation.regions[0].blocks
        and "sym_visibility" not in op.operation.attributes
    ]


def remark_on_hosts(dataflow: Dataflow, accelerator: Accelerator) -> None:
    """Say which ops stay on the host, why, and what they move there."""
    for host in dataflow.hosts:
        moved = host.elements * accelerator.element_bytes
        remark(
            host.op.location,
            f"{host.name} stays on the host, where it moves {moved} B: {host.reason}",
        )


def in_parts(function: ir.Operation, dataflow: Dataflow, splits: Iterable[Split]) -> Dataflow:
    """The function with some operators split into parts; all others keep their names."""
    for name, cluster in dataflow.clusters.items():
        cluster.ops[0].attributes[annotations.NAME] = ir.StringAttr.get(name)
    for split in splits:
        attention = attention_of(dataflow.graph, split)
        last = split.operator if attention is None else attention.weighted.name
        anchor, *others = dataflow.clusters[last].ops
        for op in (anchor, *others[:-1]) if others else ():
            op.move_before(others[-1])  # the operator runs there: so do its parts
        if attention is None:
            split_reduction(anchor, split.operator, split.loop, split.sizes)
        else:
            split_attention(dataflow, attention, split.sizes)
        erase_dead_ops(function)
        dataflow = read_dataflow(function)
    return dataflow


def annotate(dataflow: Dataflow, graph: Graph, group: Group, number: int) -> None:
    """Write one group of the plan on its ops; `graph` is the group."""
    for name in group.operators:
        for op in dataflow.clusters[name].ops:
            op.attributes[annotations.GROUP] = annotations.integer(number)
    last = dataflow.clusters[group.operators[-1]].ops[-1]
    last.attributes[annotations.SCHEDULE] = annotations.schedule_attribute(group.schedule)
    last.attributes[annotations.PRICE] = annotations.price_attribute(graph.canonical(), group.price)
