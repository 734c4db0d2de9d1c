"""Loops of scf over a nest: each moves a cursor, which is where every operand is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from optimus_mlir.codegen.nest import Loop
from optimus_mlir.codegen.operands import Indices
from optimus_mlir.mlir import arith, ir, scf

Cursor = tuple[ir.Value, ...]
"""For each operand, the number of the element that the current iteration starts from."""

Carried = Sequence[ir.Value]
Body = Callable[[Cursor, Carried], Carried]


class LoopBuilder:
    def __init__(self, indices: Indices) -> None:
        self.indices = indices

    def loop(
        self, loop: Loop, span: range, cursor: Cursor, carried: Carried, body: Body
    ) -> Carried:
        """`carried = body(cursor, carried)` at every step of `span`; no loop for a single one."""
        if len(span) == 1:
            start = self.indices.constant(span.start)
            return body(self._moved(cursor, loop, start) if span.start else cursor, carried)
        bounds = [self.indices.constant(n) for n in (span.start, span.stop, span.step)]
        op = scf.ForOp(*bounds, list(carried))
        with ir.InsertionPoint(op.body):
            moved = self._moved(cursor, loop, op.induction_variable)
            scf.YieldOp(list(body(moved, list(op.inner_iter_args))))
        return list(op.results)

    def nested(
        self, loops: Sequence[Loop], cursor: Cursor, carried: Carried, body: Body
    ) -> Carried:
        """Every iteration of all `loops`, the last one innermost."""
        if not loops:
            return body(cursor, carried)
        first, *rest = loops
        return self.loop(
            first,
            range(first.extent),
            cursor,
            carried,
            lambda moved, values: self.nested(rest, moved, values, body),
        )

    def _moved(self, cursor: Cursor, loop: Loop, iteration: ir.Value) -> Cursor:
        return tuple(
            self._advance(at, iteration, stride)
            for at, stride in zip(cursor, loop.strides, strict=True)
        )

    def _advance(self, at: ir.Value, iteration: ir.Value, stride: int) -> ir.Value:
        if stride == 0:
            return at
        return arith.AddIOp(at, self.indices.times(iteration, stride)).result
