"""The dataflow graph of a network, and the group of operators cut out of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from optimus_mlir.workload.merging import as_merged, common_groups, merged_shape
from optimus_mlir.workload.operator import Access, Operator


@dataclass(frozen=True)
class Tensor:
    """A value of the network. `constant` marks weights, which are known at compile time.

    Partial sums are what a part of a reduction leaves for the next: their elements have the width
    of the accumulators, in DRAM and on chip.
    """

    name: str
    shape: tuple[int, ...]
    constant: bool = False
    is_partial_sum: bool = False

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Graph:
    """Operators in program order, the tensors that they touch, and those that must reach DRAM.

    The same class describes a whole network and one group of it; `tensors` that no operator
    writes are live-ins, `outputs` are live-outs.
    """

    operators: tuple[Operator, ...]
    tensors: Mapping[str, Tensor]
    outputs: tuple[str, ...]

    @cached_property
    def producer(self) -> dict[str, Operator]:
        """The operator that writes each tensor; live-ins have none."""
        return {operator.write.tensor: operator for operator in self.operators}

    @cached_property
    def consumers(self) -> dict[str, tuple[Operator, ...]]:
        """The operators that read each tensor, in program order."""
        readers: dict[str, list[Operator]] = {name: [] for name in self.tensors}
        for operator in self.operators:
            for name in dict.fromkeys(access.tensor for access in operator.reads):
                readers[name].append(operator)
        return {name: tuple(operators) for name, operators in readers.items()}

    @cached_property
    def live_ins(self) -> tuple[str, ...]:
        """Tensors that no operator writes, in the order of their first use."""
        reads = (access.tensor for operator in self.operators for access in operator.reads)
        return tuple(name for name in dict.fromkeys(reads) if name not in self.producer)

    @cached_property
    def has_diagonals(self) -> bool:
        """Whether some operator walks two dimensions of a tensor at once."""
        return any(access.is_diagonal for operator in self.operators for access in operator.reads)

    def group(self, operators: Iterable[Operator]) -> Graph:
        """The subgraph of `operators` (in program order); outputs are what the rest still needs."""
        members = tuple(operators)
        names = {operator.name for operator in members}
        tensors = {
            access.tensor: self.tensors[access.tensor]
            for operator in members
            for access in (*operator.reads, operator.write)
        }
        outputs = tuple(
            operator.write.tensor
            for operator in members
            if operator.write.tensor in self.outputs
            or any(reader.name not in names for reader in self.consumers[operator.write.tensor])
        )
        return Graph(members, tensors, outputs).fetched_merged()

    def fetched_merged(self) -> Graph:
        """The same graph with live-ins in the shape in which all of their readers see them."""
        if not any(access.merges for operator in self.operators for access in operator.reads):
            return self
        found = {name: common_groups(self._reads_of(name)) for name in self.live_ins}
        groups = {name: of for name, of in found.items() if of is not None}

        def read(access: Access) -> Access:
            if access.tensor not in groups:
                return access
            return replace(access, indices=as_merged(access.indices, groups[access.tensor]))

        tensors = {
            name: replace(tensor, shape=merged_shape(tensor.shape, groups[name]))
            for name, tensor in self.tensors.items()
            if name in groups
        }
        operators = (replace(o, reads=tuple(map(read, o.reads))) for o in self.operators)
        return Graph(tuple(operators), {**self.tensors, **tensors}, self.outputs)

    def _reads_of(self, name: str) -> Iterator[Access]:
        accesses = (access for operator in self.consumers[name] for access in operator.reads)
        return (access for access in accesses if access.tensor == name)

    @cached_property
    def canonical_names(self) -> dict[str, str]:
        """Names that only the structure decides.

        Operators become `op0, op1, ..`, their results `v0, v1, ..` and live-ins `in0, in1, ..`.
        """
        names = {name: f"in{i}" for i, name in enumerate(self.live_ins)}
        names |= {operator.write.tensor: f"v{i}" for i, operator in enumerate(self.operators)}
        return names | {operator.name: f"op{i}" for i, operator in enumerate(self.operators)}

    def canonical(self) -> Graph:
        """The same graph under canonical names, so that repeated blocks compare equal."""
        names = self.canonical_names

        def renamed(access: Access) -> Access:
            return replace(access, tensor=names[access.tensor])

        operators = tuple(
            replace(
                operator,
                name=names[operator.name],
                reads=tuple(map(renamed, operator.reads)),
                write=renamed(operator.write),
            )
            for operator in self.operators
        )
        tensors = {
            names[name]: replace(tensor, name=names[name]) for name, tensor in self.tensors.items()
        }
        return Graph(operators, tensors, tuple(names[name] for name in self.outputs))

    @cached_property
    def signature(self) -> tuple[object, ...]:
        """Equal for graphs of equal structure; a key for caches."""
        graph = self.canonical()
        return (graph.operators, tuple(sorted(graph.tensors.items())), graph.outputs)
