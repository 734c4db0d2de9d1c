"""An attention in parts of its keys, each a chain of linalg ops on slices of keys and values.

Before: %s = q k      %m = max(%s)      %e = exp(%s - %m)      %l = sum(%e)      %o = (%e / %l) v
After, for every part; what the part before left joins as a result is written:
        %s1 = q k[:, k1:]    %m1 = max(%s1, %m0)    %e1 = exp(%s1 - %m1)
        %l1 = sum(%e1) + %l0 exp(%m0 - %m1)    %o1 = %e1 v[k1:] + %o0 exp(%m0 - %m1)

`workload/online_softmax.py` says what each part reads, and how its loops index that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from optimus_mlir.analysis.annotations import NAME, PARTIAL_SUMS
from optimus_mlir.analysis.dataflow import Cluster, Dataflow
from optimus_mlir.analysis.structured import (
    PARALLEL,
    REDUCTION,
    Read,
    elementwise,
    generic,
    structured,
)
from optimus_mlir.mlir import arith, ir, linalg, tensor
from optimus_mlir.mlir import math as math_ops
from optimus_mlir.mlir.cloning import Cloner
from optimus_mlir.tiling.boxes import extract
from optimus_mlir.workload import Access, Linear, Operator
from optimus_mlir.workload.online_softmax import parts_of_attention
from optimus_mlir.workload.softmax import Attention

Body = Callable[[Sequence[ir.Value]], ir.Value]
"""Makes the computations of a nest's body of its arguments; returns what it yields."""


def split_attention(dataflow: Dataflow, attention: Attention, sizes: Sequence[int]) -> None:
    """Run an attention in parts of so many keys, where its last operator stands."""
    values = dict(dataflow.values)
    anchor = dataflow.clusters[attention.weighted.name].ops[0]
    own = [operator for operator in attention.operators if operator != attention.shares]
    with ir.InsertionPoint(anchor), anchor.location:
        for number, part in enumerate(parts_of_attention(attention, sizes)):
            cluster = dataflow.clusters[own[number % len(own)].name]
            ops = _PartOfOperator(attention, values, cluster, part)
            values[part.write.tensor] = ops.emit(dataflow, number // len(own), len(sizes))
    anchor.results[0].replace_all_uses_with(values[attention.weighted.write.tensor])
    anchor.erase()


@dataclass(frozen=True, eq=False)
class _PartOfOperator:
    """The ops that `part` of an operator consists of. `values` are what names of tensors stand for."""

    attention: Attention
    values: dict[str, ir.Value]
    cluster: Cluster
    part: Operator

    def emit(self, dataflow: Dataflow, number: int, count: int) -> ir.Value:
        a, operator = self.attention, self.cluster.operator
        value = self._anchor()
        value.owner.attributes[NAME] = ir.StringAttr.get(self.part.name)
        if operator == a.scores:
            return self._with_epilogue(value)
        if operator == a.exponentials:
            return value
        late = list(self.part.reads[len(operator.reads) - operator.epilogue_reads :])
        is_sum = operator in (a.total, a.weighted)
        if number:
            joining = 3 if is_sum else 1
            value = self._joined(value, late[:joining])
            late = late[joining:]
        if is_sum and number < count - 1:
            value.owner.attributes[PARTIAL_SUMS] = ir.UnitAttr.get()
        elif operator == a.weighted:
            shares = dataflow.clusters[a.shares.name].ops[0]
            value = self._divided(value, late[: len(a.divisors)], shares)
        return value

    def _anchor(self) -> ir.Value:
        """The operator's first op, on slices and on what the part has made before."""
        op, part = self.cluster.ops[0], self.part
        reads = self._reads(0, part.reads, part.extents)
        start = _start(op, [part.extents[loop] for loop in part.output_loops])
        kinds = [REDUCTION if reduced else PARALLEL for reduced in part.reduction]
        new = generic([*reads, (start, _map(part.write))], kinds)
        is_guarded = self.cluster.operator == self.attention.exponentials
        return _filled(new, _exponential if is_guarded else _body_of(op))

    def _with_epilogue(self, value: ir.Value) -> ir.Value:
        """What is elementwise about the scores: a scale, a mask."""
        shape = list(value.type.shape)
        loops = self._dimensions()
        accesses = [access.within(loops) for access in self.part.reads]
        for member, op in enumerate(self.cluster.ops[1:], start=1):
            before = self.cluster.ops[member - 1].results[0]
            reads = list(self._reads(member, accesses, shape))
            for number, operand in enumerate(list(op.operands)[:-1]):
                if operand == before:
                    reads[number] = value, ir.AffineMap.get_identity(len(shape))
            continues = op.operands[len(op.operands) - 1] == before
            start = value if continues else _start(op, shape)
            value = _filled(elementwise(reads, start), _body_of(op))
        return value

    def _reads(
        self, member: int, accesses: Sequence[Access], extents: Sequence[int]
    ) -> Iterator[Read]:
        """What an op of the operator reads but for its start; a scalar stays as it is."""
        view = structured(self.cluster.ops[member])
        assert view is not None
        found = {
            read.operand: access
            for read, access in zip(self.cluster.reads, accesses, strict=False)
            if read.member == member
        }
        for number, operand in enumerate(view.operands[:-1]):
            if number in found:
                yield self._sliced(found[number], extents)
            else:
                yield operand, view.maps[number]

    def _sliced(self, access: Access, extents: Sequence[int]) -> Read:
        """The box of a tensor that an access walks, and how it walks there."""
        value = self.values[access.tensor]
        walked = [
            sum(c * (n - 1) for c, n in zip(index.coefficients, extents, strict=True)) + 1
            for index in access.indices
        ]
        inside = Access(access.tensor, tuple(Linear(i.coefficients) for i in access.indices))
        if walked == list(value.type.shape):
            return value, _map(inside)
        low = [index.constant for index in access.indices]
        return extract(value, low, walked), _map(inside)

    def _joined(self, value: ir.Value, late: Sequence[Access]) -> ir.Value:
        """What the part before has left joins: as it is, or scaled if it is a sum."""
        view = structured(self.cluster.ops[0])
        assert view is not None
        combination = view.yielded.owner.name

        def body(arguments: Sequence[ir.Value]) -> ir.Value:
            before, *maxima, own = arguments
            if maxima:
                before = arith.mulf(before, _exponential(maxima))
            return ir.Operation.create(combination, [own.type], [own, before]).results[0]

        return _filled(elementwise(self._by_result(late), value), body)

    def _divided(
        self, value: ir.Value, divisors: Sequence[Access], shares: ir.Operation
    ) -> ir.Value:
        """The sum as if what it adds up had been divided before: that is linear."""

        def body(arguments: Sequence[ir.Value]) -> ir.Value:
            *others, own = arguments
            return _body_of(shares)([own, *others, own])

        return _filled(elementwise(self._by_result(divisors), value), body)

    def _by_result(self, accesses: Sequence[Access]) -> list[Read]:
        loops = self._dimensions()
        return [(self.values[a.tensor], _map(a.within(loops))) for a in accesses]

    def _dimensions(self) -> list[Linear]:
        """Each loop as a dimension of the result; what is reduced is none."""
        rank, loops = len(self.part.output_loops), self.part.output_loops
        return [
            Linear(tuple(int(loops[d] == loop) for d in range(rank)))
            for loop in range(len(self.part.extents))
        ]


def _start(op: ir.Operation, shape: Sequence[int]) -> ir.Value:
    """What a result of another shape starts from: a fill, or nothing."""
    before = op.operands[len(op.operands) - 1]
    empty = tensor.EmptyOp(list(shape), op.results[0].type.element_type).result
    if isinstance(before.owner, ir.Block) or before.owner.name != "linalg.fill":
        return empty
    return linalg.fill(before.owner.operands[0], outs=[empty])


def _filled(new: linalg.GenericOp, body: Body) -> ir.Value:
    block = new.regions[0].blocks[0]
    with ir.InsertionPoint(block):
        linalg.YieldOp([body(list(block.arguments))])
    return new.results[0]


def _body_of(op: ir.Operation) -> Body:
    """The computations of an op, copied."""

    def body(arguments: Sequence[ir.Value]) -> ir.Value:
        block = op.regions[0].blocks[0]
        cloner = Cloner(dict(zip(block.arguments, arguments, strict=True)))
        *computations, end = (each.operation for each in block.operations)
        for computation in computations:
            cloner.clone(computation)
        return cloner.values[end.operands[0]]

    return body


def _exponential(arguments: Sequence[ir.Value]) -> ir.Value:
    """exp(x - m); where all of a row is masked so far, m is -inf and x - m would be no number."""
    x, maximum = arguments[:2]
    lowest, zero = (
        arith.ConstantOp(x.type, ir.FloatAttr.get(x.type, value)).result for value in (-math.inf, 0)
    )
    is_masked = arith.cmpf(arith.CmpFPredicate.OEQ, maximum, lowest)
    return math_ops.exp(arith.subf(x, arith.select(is_masked, zero, maximum)))


def _map(access: Access) -> ir.AffineMap:
    """An access as a map from the loops."""
    loops = len(access.indices[0].coefficients)
    expressions = [
        sum(
            (ir.AffineExpr.get_dim(loop) * index.coefficients[loop] for loop in index.loops),
            start=ir.AffineExpr.get_constant(index.constant),
        )
        for index in access.indices
    ]
    return ir.AffineMap.get(loops, 0, expressions)
