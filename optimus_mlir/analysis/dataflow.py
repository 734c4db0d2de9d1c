"""Reading a function of linalg ops as a dataflow graph of operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from optimus_mlir.analysis.affine_maps import loop_extents, operand_indices
from optimus_mlir.analysis.views import View, is_view, views_of
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.cloning import values_read
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

RESHAPES = frozenset({"tensor.collapse_shape", "tensor.expand_shape"})
MULTIPLIES = frozenset({"arith.mulf", "arith.muli"})


@dataclass(frozen=True)
class Read:
    """Where an operator's access stands in the IR: `ops[member].operands[operand]`, seen through `view`."""

    member: int
    operand: int
    view: View


@dataclass(eq=False)
class Cluster:
    """The ops of one operator: its anchor, then the elementwise ops merged into it."""

    operator: Operator
    ops: list[ir.Operation]
    reads: list[Read]

    @property
    def result(self) -> ir.Value:
        return self.ops[-1].results[0]


@dataclass(frozen=True, eq=False)
class Dataflow:
    """A function as operators: the pure `graph`, and the IR behind each of its names.

    `runs` are the operators between host ops, which nothing may be fused across.
    """

    graph: Graph
    clusters: dict[str, Cluster]
    values: dict[str, ir.Value]
    runs: tuple[tuple[str, ...], ...]
    hosts: tuple[ir.Operation, ...]


@dataclass
class _Reader:
    clusters: list[Cluster] = field(default_factory=list)
    names: dict[ir.Value, str] = field(default_factory=dict)
    values: dict[str, ir.Value] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    hosts: list[ir.Operation] = field(default_factory=list)
    reshapes: list[ir.Operation] = field(default_factory=list)
    barriers: list[int] = field(default_factory=list)

    def visit(self, op: ir.Operation) -> None:
        if op.name in ("tensor.empty", "arith.constant", "linalg.fill", "func.return"):
            return
        if _is_view(op):
            return
        if self._merge(op) or self._anchor(op) or self._reshape(op):
            return
        self.hosts.append(op)
        self.barriers.append(len(self.clusters))

    def _reshape(self, op: ir.Operation) -> bool:
        """In DRAM a reshape is another name for the same bytes; nothing is fused across it."""
        if op.name not in RESHAPES:
            return False
        self.reshapes.append(op)
        if any(use.owner.operation.name != "func.return" for use in op.results[0].uses):
            self.barriers.append(len(self.clusters))
        return True

    # Operators --------------------------------------------------------------------------------

    def _anchor(self, op: ir.Operation) -> bool:
        indices = _structure(op)
        if indices is None or not _starts_from_nothing(op):
            return False
        extents = loop_extents(op, indices)
        if extents is None:
            return False
        write = indices[-1]
        walked = {loop for index in write for loop in index.loops}
        if any(sum(i.coefficients) != 1 or i.constant for i in write) or len(walked) != len(write):
            return False
        reads = self._reads(op, indices[:-1], 0)
        name = f"{op.name.split('.')[1].split('_')[0]}{len(self.clusters)}"
        operator = Operator(
            name,
            extents,
            tuple(loop not in walked for loop in range(len(extents))),
            tuple(access for access, _ in reads),
            Access(self._name(op.results[0], name), write),
            _multiplies(op),
        )
        self.clusters.append(Cluster(operator, [op], [read for _, read in reads]))
        return True

    def _merge(self, op: ir.Operation) -> bool:
        """Merge an elementwise op into the operator whose result only it reads."""
        indices = _structure(op)
        if not indices or not _is_elementwise(op, indices):
            return False
        cluster = self._anchor_of(op, indices)
        if cluster is None:
            return False
        write = cluster.operator.write.indices
        moved = [tuple(_substituted(i, write) for i in row) for row in indices]
        member = len(cluster.ops)
        sources = moved if _reads_init(op) else moved[:-1]
        reads = [
            (access, read)
            for access, read in self._reads(op, sources, member)
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
        )
        self.clusters.remove(cluster)  # it runs where its last op stands: all its inputs are there
        self.clusters.append(cluster)
        return True

    def _anchor_of(self, op: ir.Operation, indices: Sequence[tuple[Linear, ...]]) -> Cluster | None:
        """The latest operator that `op` may join."""
        first = self.barriers[-1] if self.barriers else 0
        for position in reversed(range(first, len(self.clusters))):
            result = self.clusters[position].result
            if len(list(result.uses)) != 1 or result.type.shape != op.results[0].type.shape:
                continue
            for operand, row in zip(op.operands, indices, strict=True):
                if operand == result and row == indices[-1]:
                    return self.clusters[position]
        return None

    def _reads(
        self, op: ir.Operation, indices: Sequence[tuple[Linear, ...]], member: int
    ) -> list[tuple[Access, Read]]:
        reads: list[tuple[Access, Read]] = []
        for number, row in enumerate(indices):
            operand = op.operands[number]
            if not isinstance(operand.type, ir.RankedTensorType) or _holds_no_data(operand):
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
            self.tensors[name] = Tensor(name, tuple(value.type.shape), _is_constant(value))
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
    names = [o.name for o in operators]
    bounds = [0, *reader.barriers, len(names)]
    runs = (tuple(names[a:b]) for a, b in pairwise(bounds))
    return Dataflow(
        Graph(operators, reader.tensors, outputs),
        {cluster.operator.name: cluster for cluster in reader.clusters},
        reader.values,
        tuple(run for run in runs if run),
        tuple(reader.hosts),
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
        for value in _sources(read)
    }


def _sources(value: ir.Value) -> Iterator[ir.Value]:
    yield value
    if isinstance(value.type, ir.RankedTensorType):
        yield from (view.source for view in views_of(value))


def _structure(op: ir.Operation) -> list[tuple[Linear, ...]] | None:
    """Index expressions of a linalg op with one tensor result, else None."""
    if not op.name.startswith("linalg.") or len(op.results) != 1:
        return None
    if not all(_is_static(v) for v in (*op.operands, *op.results)) or _uses_position(op):
        return None
    if any(isinstance(value.type, ir.ShapedType) for value in _read_inside(op)):
        return None  # a gather: no access map says what it reads
    if any(_is_filled(value) for value in list(op.operands)[:-1]):
        return None  # normalisation puts such constants into the body
    return operand_indices(op)


def _read_inside(op: ir.Operation) -> list[ir.Value]:
    """What the body reads."""
    body = op.regions[0].blocks[0].operations
    return [value for inner in body for value in values_read(inner.operation)]


def _is_static(value: ir.Value) -> bool:
    return not isinstance(value.type, ir.ShapedType) or value.type.has_static_shape


def _uses_position(op: ir.Operation) -> bool:
    return any(o.operation.name == "linalg.index" for o in op.regions[0].blocks[0].operations)


def _multiplies(op: ir.Operation) -> bool:
    return any(o.operation.name in MULTIPLIES for o in op.regions[0].blocks[0].operations)


def _is_elementwise(op: ir.Operation, indices: Sequence[tuple[Linear, ...]]) -> bool:
    """All loops parallel, and the result indexed by them in order."""
    loops = len(op.results[0].type.shape)
    return loops > 0 and indices[-1] == tuple(_loop(i, loops) for i in range(loops))


def _reads_init(op: ir.Operation) -> bool:
    """Whether the body reads what the output held before."""
    block = op.regions[0].blocks[0]
    return len(list(block.arguments[len(block.arguments) - 1].uses)) > 0


def _starts_from_nothing(op: ir.Operation) -> bool:
    """Whether the output's former content is a fill, or is not read at all."""
    return _holds_no_data(op.operands[len(op.operands) - 1]) or not _reads_init(op)


def _is_filled(value: ir.Value) -> bool:
    if not isinstance(value.type, ir.RankedTensorType):
        return False
    owners = [view.source.owner for view in views_of(value)]
    return any(not isinstance(o, ir.Block) and o.name == "linalg.fill" for o in owners)


def _holds_no_data(value: ir.Value) -> bool:
    owner = value.owner
    return not isinstance(owner, ir.Block) and owner.name in ("tensor.empty", "linalg.fill")


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
    return not isinstance(value.owner, ir.Block) and value.owner.name == "arith.constant"


def _live_in_name(value: ir.Value, number: int) -> str:
    if isinstance(value.owner, ir.Block):
        return f"%arg{ir.BlockArgument(value).arg_number}"
    return f"%{'cst' if _is_constant(value) else 'host'}{number}"


def _loop(loop: int, loops: int) -> Linear:
    return Linear(tuple(int(i == loop) for i in range(loops)))


def _substituted(index: Linear, write: Sequence[Linear]) -> Linear:
    """An index over the result's dimensions as one over the anchor's loops."""
    coefficients = [0] * len(write[0].coefficients)
    for dimension, coefficient in enumerate(index.coefficients):
        (loop,) = write[dimension].loops
        coefficients[loop] += coefficient
    return Linear(tuple(coefficients), index.constant)
