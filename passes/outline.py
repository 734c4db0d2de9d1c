"""--optimus-outline: one private function per group, shared by groups of equal structure.

Before                                         After
  %1 = linalg.conv .. {optimus.group = 0}        %1 = call @group_0(%x, %w, %empty) {optimus.group = 0}
  %2 = linalg.conv .. {optimus.group = 0,        func.func private @group_0(%in0, %in1, %out0)
                       optimus.schedule = ..}        attributes {optimus.schedule = ..}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import Cluster, Dataflow, read_dataflow
from optimus_mlir.errors import PassFailure
from optimus_mlir.fusion import members
from optimus_mlir.mlir import Pass, func, ir, tensor
from optimus_mlir.mlir.cloning import Cloner
from optimus_mlir.mlir.dead_code import erase_dead_ops
from optimus_mlir.passes.group import entry_functions
from optimus_mlir.workload import Graph


@dataclass(frozen=True)
class OutlinePass(Pass):
    """Move each group into a private function; groups of equal structure share one."""

    argument = "optimus-outline"

    def run(self, module: ir.Module) -> None:
        kernels: dict[str, func.FuncOp] = {}
        for function in entry_functions(module):
            dataflow = read_dataflow(function)
            for names in labelled_groups(dataflow):
                outline(module, dataflow, members(dataflow.graph, names), kernels)
            erase_dead_ops(function)


def labelled_groups(dataflow: Dataflow) -> list[tuple[str, ...]]:
    """The operators of each labelled group, in program order of the groups' last ops."""
    groups: dict[int, list[str]] = {}
    for operator in dataflow.graph.operators:
        labels = {_label(op) for op in dataflow.clusters[operator.name].ops}
        if len(labels) > 1:
            raise PassFailure(
                dataflow.clusters[operator.name].ops[-1].location,
                f"the ops of one operator carry different {annotations.GROUP} labels",
            )
        label = labels.pop()
        if label is not None:
            groups.setdefault(label, []).append(operator.name)
    order = {operator.name: i for i, operator in enumerate(dataflow.graph.operators)}
    return sorted(map(tuple, groups.values()), key=lambda names: order[names[-1]])


def _label(op: ir.Operation) -> int | None:
    if annotations.GROUP not in op.attributes:
        return None
    return ir.IntegerAttr(op.attributes[annotations.GROUP]).value


def outline(
    module: ir.Module, dataflow: Dataflow, group: Graph, kernels: dict[str, func.FuncOp]
) -> None:
    """Replace a group by a call; `kernels` holds the functions made so far, by their body."""
    clusters = [dataflow.clusters[operator.name] for operator in group.operators]
    last = clusters[-1].ops[-1]
    if group.outputs != (group.operators[-1].write.tensor,):
        raise PassFailure(last.location, "a group must have one live-out, written by its last op")
    if annotations.SCHEDULE not in last.attributes:
        raise PassFailure(last.location, f"no {annotations.SCHEDULE} on the last op of its group")
    arguments = [dataflow.values[name] for name in group.live_ins]
    call_attributes = {
        annotations.GROUP: last.attributes[annotations.GROUP],
        annotations.OPERATORS: ir.ArrayAttr.get(
            [ir.StringAttr.get(o.name) for o in group.operators]
        ),
    }
    if annotations.PRICE in last.attributes:
        call_attributes[annotations.PRICE] = last.attributes[annotations.PRICE]
    kernel = _shared(_function(module, clusters, arguments, len(kernels)), kernels)
    with ir.InsertionPoint(last), last.location:
        empty = tensor.empty(last.results[0].type.shape, last.results[0].type.element_type)
        call = func.CallOp(kernel, [*arguments, empty])
        for name, attribute in call_attributes.items():
            call.operation.attributes[name] = attribute
    last.results[0].replace_all_uses_with(call.operation.results[0])
    dataflow.values[group.outputs[0]] = call.operation.results[0]  # later groups read this
    for op in reversed([op for cluster in clusters for op in cluster.ops]):
        for use in list(op.results[0].uses):  # views, whose readers are gone by now
            use.owner.operation.erase()
        op.erase()


def _function(
    module: ir.Module, clusters: Sequence[Cluster], arguments: Sequence[ir.Value], number: int
) -> func.FuncOp:
    """A private function that computes the group into its last argument."""
    last = clusters[-1].ops[-1]
    result = last.results[0].type
    with ir.InsertionPoint(module.body), last.location:
        kind = ir.FunctionType.get([*(a.type for a in arguments), result], [result])
        function = func.FuncOp(f"group_{number}", kind, visibility="private")
        function.operation.attributes[annotations.SCHEDULE] = last.attributes[annotations.SCHEDULE]
    block = function.add_entry_block()
    with ir.InsertionPoint(block):
        cloner = Cloner(dict(zip(arguments, block.arguments, strict=False)))
        for cluster in clusters:
            for op in cluster.ops:
                _clear(cloner.clone(op))
        func.ReturnOp([cloner.values[last.results[0]]], loc=last.location)
    return function


def _clear(op: ir.Operation) -> None:
    for name in (annotations.GROUP, annotations.SCHEDULE, annotations.PRICE):
        if name in op.attributes:
            del op.attributes[name]


def _shared(function: func.FuncOp, kernels: dict[str, func.FuncOp]) -> func.FuncOp:
    """An earlier function with the same body, or this one."""
    name = ir.StringAttr(function.operation.attributes["sym_name"]).value
    body = function.operation.get_asm().replace(f"@{name}(", "@(", 1)
    if body in kernels:
        function.operation.erase()
        return kernels[body]
    kernels[body] = function
    return function
