"""Reading a function of linalg ops as a dataflow graph of operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from optimus_mlir.analysis.annotations import NAME, WEIGHT, holds_partial_sums, is_marked
from optimus_mlir.analysis.host_operations import HostOperation
from optimus_mlir.analysis.operator_body import body_of
from optimus_mlir.analysis.operator_form import (
    Nest,
    Rows,
    adds_up,
    holds_no_data,
    is_elementwise,
    nest_or_reason,
    reads_init,
    rows_or_reason,
    substituted,
)
from optimus_mlir.analysis.stretches import stretches
from optimus_mlir.analysis.views import View, is_view, sources, views_of
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.cloning import values_read
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor
from optimus_mlir.workload.merging import Groups, merged_groups

RESHAPES = frozenset({"tensor.collapse_shape", "tensor.expand_shape"})
MULTIPLIES = frozenset({"arith.mulf", "arith.muli"})


@dataclass(frozen=True)
class Read:
    """Where an operator's access stands in the IR: `ops[member].operands[operand]`, seen through `view`."""

    member: int
    operand: int
    view: View

    def merged(self, groups: Groups) -> Read:
        return replace(self, view=self.view.merged(groups))


@dataclass(eq=False)
class Cluster:
    """The ops of one operator: its anchor, then the elementwise ops merged into it."""

    operator: Operator
    ops: list[ir.Operation]
    reads: list[Read]

    @property
    def result(self) -> ir.Value:
        return self.ops[-1].results[0]

    def with_merged(self, operator: Operator) -> Cluster:
        """The same ops where the operator reads some tensors with their dimensions merged."""
        old = self.operator.reads
        reads = [
            read if now == before else read.merged(merged_groups(before.indices))
            for read, before, now in zip(self.reads, old, operator.reads, strict=True)
        ]
        return Cluster(operator, self.ops, reads)


@dataclass(frozen=True, eq=False)
class Dataflow:
    """A function as operators: the pure `graph`, and the IR behind each of its names.

    `runs` are the operators between ops that have to stand apart from all: those of the host, and
    reshapes. Nothing may be fused across them.
    """

    graph: Graph
    clusters: dict[str, Cluster]
    values: dict[str, ir.Value]
    runs: tuple[tuple[str, ...], ...]
    hosts: tuple[HostOperation, ...]


@dataclass
class _Reader:
    clusters: list[Cluster] = field(default_factory=list)
    names: dict[ir.Value, str] = field(default_factory=dict)
    values: dict[str, ir.Value] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    hosts: list[ir.Operation] = field(default_factory=list)
    reshapes: list[ir.Operation] = field(default_factory=list)
    between: list[ir.Operation] = field(default_factory=list)  # both, in program order

    def visit(self, op: ir.Operation) -> None:
        if op.name in ("tensor.empty", "arith.constant", "linalg.fill", "func.return"):
            return
        if _is_view(op):
            return
        if self._merge(op) or self._anchor(op):
            return
        # in DRAM a reshape is another name for the same bytes; nothing is fused across it
        kind = self.reshapes if op.name in RESHAPES else self.hosts
        kind.append(op)
        self.between.append(op)

    # Operators --------------------------------------------------------------------------------

    def _anchor(self, op: ir.Operation) -> bool:
        nest = nest_or_reason(op)
        if not isinstance(nest, Nest):
            return False
        write = nest.rows[-1]
        walked = {loop for index in write for loop in index.loops}
        reads = self._reads(op, nest.rows[:-1], 0)
        name = self._operator_name(op)
        operator = Operator(
            name,
            nest.extents,
            tuple(loop not in walked for loop in range(len(nest.extents))),
            tuple(access for access, _ in reads),
            Access(self._name(op.results[0], name), write),
            _multiplies(op),
            adds_up=adds_up(op),
            body=body_of(op),
        )
        self.clusters.append(Cluster(operator, [op], [read for _, read in reads]))
        return True

    def _operator_name(self, op: ir.Operation) -> str:
        """What a plan calls it; else its kind and its number."""
        if NAME in op.attributes:
            return ir.StringAttr(op.attributes[NAME]).value
        return f"{op.name.split('.')[1].split('_')[0]}{len(self.clusters)}"

    def _merge(self, op: ir.Operation) -> bool:
        """Merge an elementwise op into the operator whose result only it reads."""
        indices = rows_or_reason(op)
        if isinstance(indices, str) or not is_elementwise(op, indices):
            return False
        cluster = self._anchor_of(op, indices)
        if cluster is None:
            return False
        write = cluster.operator.write.indices
        moved = [tuple(substituted(i, write) for i in row) for row in indices]
        member = len(cluster.ops)
        rows = moved if reads_init(op) else moved[:-1]
        reads = [
            (access, read)
            for access, read in self._reads(op, rows, member)
            if read.view.source != cluster.result
        ]
        name = cluster.operator.name
        cluster.reads += [read for _, read in reads]
        self.values.pop(cluster.operator.write.tensor)
        self.tensors.pop(cluster.operator.write.tensor)
        cluster.ops.append(op)
        cluster.operator = Operator(
            name,
            cluster.operator.extents,
            cluster.operator.reduction,
            (*cluster.operator.reads, *(access for access, _ in reads)),
            Access(self._name(op.results[0], name), write),
            cluster.operator.multiplies,
            cluster.operator.epilogue_reads + len(reads),
            op.results[0].type.element_type == cluster.ops[0].results[0].type.element_type,
            cluster.operator.adds_up,
        )
        self.clusters.remove(cluster)  # it runs where its last op stands: all its inputs are there
        self.clusters.append(cluster)
        return True

    def _anchor_of(self, op: ir.Operation, indices: Rows) -> Cluster | None:
        """The latest operator that `op` may join."""
        for cluster in reversed(self.clusters):
            result = cluster.result
            if len(list(result.uses)) != 1 or result.type.shape != op.results[0].type.shape:
                continue
            for operand, row in zip(op.operands, indices, strict=True):
                if operand == result and row == indices[-1]:
                    return cluster
        return None

    def _reads(
        self, op: ir.Operation, indices: Sequence[tuple[Linear, ...]], member: int
    ) -> list[tuple[Access, Read]]:
        reads: list[tuple[Access, Read]] = []
        for number, row in enumerate(indices):
            operand = op.operands[number]
            if not isinstance(operand.type, ir.RankedTensorType) or holds_no_data(operand):
                continue
            for view in views_of(operand):
                access = Access(self._name(view.source), view.indices(row))
                reads.append((access, Read(member, number, view)))
        return reads

    # Tensors ----------------------------------------------------------------------------------

    def _name(self, value: ir.Value, producer: str | None = None) -> str:
        if value not in self.names:
            name = f"%{producer}" if producer else _live_in_name(value, len(self.names))
            self.names[value] = name
            shape, sums = tuple(value.type.shape), holds_partial_sums(value)
            self.tensors[name] = Tensor(name, shape, _is_constant(value), sums)
            self.values[name] = value
        return self.names[value]


def read_dataflow(function: ir.Operation) -> Dataflow:
    """The operators of a function in program order; what is none of them stays on the host."""
    reader = _Reader()
    block = function.regions[0].blocks[0]
    for op in block.operations:
        reader.visit(op.operation)
    needed = _needed_outside(block, reader)
    operators = tuple(cluster.operator for cluster in reader.clusters)
    outputs = tuple(o.write.tensor for o in operators if reader.values[o.write.tensor] in needed)
    apart = stretches([cluster.ops for cluster in reader.clusters], reader.between)
    graph = Graph(operators, reader.tensors, outputs).fetched_merged()
    return Dataflow(
        graph,
        {o.name: c.with_merged(o) for o, c in zip(graph.operators, reader.clusters, strict=True)},
        reader.values,
        tuple(tuple(operators[n].name for n in stretch) for stretch in apart if stretch),
        tuple(map(HostOperation, reader.hosts)),
    )


def _needed_outside(block: ir.Block, reader: _Reader) -> set[ir.Value]:
    """The values that the host or the caller reads."""
    return {
        value
        for op in (
            *reader.hosts,
            *reader.reshapes,
            block.operations[len(block.operations) - 1].operation,
        )
        for read in values_read(op)
        for value in sources(read)
    }


def _multiplies(op: ir.Operation) -> bool:
    return any(o.operation.name in MULTIPLIES for o in op.regions[0].blocks[0].operations)


def _is_view(op: ir.Operation) -> bool:
    """A view that only operators read, perhaps through other views, needs no op of its own."""
    if len(op.results) != 1:
        return False
    (value,) = op.results
    if not isinstance(value.type, ir.RankedTensorType) or not is_view(value):
        return False
    readers = [use.owner.operation for use in value.uses]
    return all(reader.name.startswith("linalg.") or _is_view(reader) for reader in readers)


def _is_constant(value: ir.Value) -> bool:
    """What the host knows, and what a group's function is told."""
    if isinstance(value.owner, ir.Block):
        return is_marked(value, WEIGHT)
    return value.owner.name == "arith.constant"


def _live_in_name(value: ir.Value, number: int) -> str:
    if isinstance(value.owner, ir.Block):
        return f"%arg{ir.BlockArgument(value).arg_number}"
    return f"%{'cst' if _is_constant(value) else 'host'}{number}"
