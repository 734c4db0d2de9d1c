"""--optimus-outline: one private function per group, shared by groups of equal structure.

Before                                         After
  %1 = linalg.conv .. {optimus.group = 0}        %1 = call @group_0(%x, %w, %empty) {optimus.group = 0}
  %2 = linalg.conv .. {optimus.group = 0,        func.func private @group_0(%in0, %in1, %out0)
                       optimus.schedule = ..}        attributes {optimus.schedule = ..}
"""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.cost.roles import deciding_constants
from optimus_mlir.errors import PassFailure
from optimus_mlir.fusion import NotAPartition, in_running_order, members
from optimus_mlir.mlir import Pass, func, ir, tensor
from optimus_mlir.mlir.block_order import restore_order
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
            restore_order(function.regions[0].blocks[0])
            erase_dead_ops(function)


def labelled_groups(dataflow: Dataflow) -> list[tuple[str, ...]]:
    """The operators of each labelled group, in the order in which the groups have to run."""
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
    try:
        ordered = in_running_order(dataflow.graph, list(map(tuple, groups.values())))
    except NotAPartition as error:
        location = dataflow.clusters[error.operator].ops[-1].location
        raise PassFailure(location, str(error)) from None
    _require_one_side_of_hosts(dataflow, ordered)
    return ordered


def _label(op: ir.Operation) -> int | None:
    if annotations.GROUP not in op.attributes:
        return None
    return ir.IntegerAttr(op.attributes[annotations.GROUP]).value


def _require_one_side_of_hosts(dataflow: Dataflow, groups: list[tuple[str, ...]]) -> None:
    run_of = {name: number for number, run in enumerate(dataflow.runs) for name in run}
    for names in groups:
        if run_of[names[0]] != run_of[names[-1]]:
            raise PassFailure(
                dataflow.clusters[names[-1]].ops[-1].location,
                f"the group reaches across an op that stays on the host, from {names[0]} "
                f"to {names[-1]}: give them different {annotations.GROUP} labels",
            )


def outline(
    module: ir.Module, dataflow: Dataflow, group: Graph, kernels: dict[str, func.FuncOp]
) -> None:
    """Replace a group by a call; `kernels` holds the functions made so far, by their body.

    The call stands where the last op stood. What reads a live-out may stand before it: the caller
    restores the order.
    """
    last = dataflow.clusters[group.operators[-1].name].ops[-1]
    if annotations.SCHEDULE not in last.attributes:
        raise PassFailure(last.location, f"no {annotations.SCHEDULE} on the last op of its group")
    if not group.outputs:
        raise PassFailure(last.location, "nothing needs a result of this group: remove its ops")
    arguments = [dataflow.values[name] for name in group.live_ins]
    results = [dataflow.values[name] for name in group.outputs]
    kernel = _shared(_function(module, dataflow, group, len(kernels)), kernels)
    with ir.InsertionPoint(last), last.location:
        empty = [tensor.empty(r.type.shape, r.type.element_type) for r in results]
        call = func.CallOp(kernel, [*arguments, *empty]).operation
    for name, attribute in _call_attributes(group, last).items():
        call.attributes[name] = attribute
    for name, old, new in zip(group.outputs, results, call.results, strict=True):
        old.replace_all_uses_with(new)
        dataflow.values[name] = new  # later groups read this
    ops = [op for operator in group.operators for op in dataflow.clusters[operator.name].ops]
    for op in reversed(ops):
        _erase_with_views(op)  # the readers of its views are gone by now


def _call_attributes(group: Graph, last: ir.Operation) -> dict[str, ir.Attribute]:
    names = [ir.StringAttr.get(o.name, last.context) for o in group.operators]
    attributes = {
        annotations.GROUP: last.attributes[annotations.GROUP],
        annotations.OPERATORS: ir.ArrayAttr.get(names, last.context),
    }
    if annotations.PRICE in last.attributes:
        attributes[annotations.PRICE] = last.attributes[annotations.PRICE]
    return attributes


def _function(module: ir.Module, dataflow: Dataflow, group: Graph, number: int) -> func.FuncOp:
    """A private function that computes the group: live-ins, then one argument per live-out.

    It returns the live-outs, which belong into those arguments, in the order of `group.outputs`.
    """
    clusters = [dataflow.clusters[operator.name] for operator in group.operators]
    last = clusters[-1].ops[-1]
    arguments = [dataflow.values[name] for name in group.live_ins]
    results = [dataflow.values[name] for name in group.outputs]
    types = [result.type for result in results]
    with ir.InsertionPoint(module.body), last.location:
        kind = ir.FunctionType.get([*(a.type for a in arguments), *types], types)
        function = func.FuncOp(f"group_{number}", kind, visibility="private")
        function.operation.attributes[annotations.SCHEDULE] = last.attributes[annotations.SCHEDULE]
    block = function.add_entry_block()
    _mark_arguments(function, group)
    with ir.InsertionPoint(block):
        cloner = Cloner(dict(zip(arguments, block.arguments, strict=False)))
        for cluster in clusters:
            for op in cluster.ops:
                _clear(cloner.clone(op))
        func.ReturnOp([cloner.values[result] for result in results], loc=last.location)
    return function


def _mark_arguments(function: func.FuncOp, group: Graph) -> None:
    """With what their types do not say: what made them is in another function."""
    constants = frozenset(name for name in group.live_ins if group.tensors[name].constant)
    deciding = frozenset[str]().union(
        *(deciding_constants(operator, constants) for operator in group.operators)
    )
    marks: list[dict[str, ir.Attribute]] = [{} for _ in function.arguments]
    for name, mark in zip(group.live_ins, marks, strict=False):
        if group.tensors[name].is_partial_sum:
            mark[annotations.PARTIAL_SUMS] = ir.UnitAttr.get()
        if name in deciding:
            mark[annotations.WEIGHT] = ir.UnitAttr.get()
    if any(marks):
        function.arg_attrs = [ir.DictAttr.get(mark) for mark in marks]


def _erase_with_views(op: ir.Operation) -> None:
    while (use := next(iter(op.results[0].uses), None)) is not None:
        _erase_with_views(use.owner.operation)
    op.erase()


def _clear(op: ir.Operation) -> None:
    for name in (annotations.GROUP, annotations.SCHEDULE, annotations.PRICE, annotations.NAME):
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
