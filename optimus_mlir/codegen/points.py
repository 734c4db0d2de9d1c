"""The body of a nest at the points of a block, each operand loaded once for all that need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimus_mlir.codegen.bodies import Approximations, WideBody
from optimus_mlir.codegen.linalg_nests import BufferNest
from optimus_mlir.codegen.loops import Carried, Cursor
from optimus_mlir.codegen.nest import Loop
from optimus_mlir.codegen.operands import Indices, Lanes, Row, broadcast
from optimus_mlir.mlir import ir


@dataclass(frozen=True)
class Point:
    """One vector of results in a block, and how far from the cursor each operand is read for it."""

    offsets: tuple[int, ...]
    lanes: Lanes

    def moved(self, strides: tuple[int, ...], iterations: int) -> Point:
        """The same results, some iterations of a reduction later."""
        pairs = zip(self.offsets, strides, strict=True)
        return Point(tuple(at + iterations * stride for at, stride in pairs), self.lanes)


Loaded = dict[tuple[int, int, Lanes | None], ir.Value]
"""What is in registers: by operand, its offset from the cursor, and lanes unless it is a scalar."""


class PointBody:
    """Evaluates the body of `nest`; `shared` is the reduction that stands side by side, if any does."""

    def __init__(
        self,
        nest: BufferNest,
        along: Loop,
        shared: Loop | None,
        indices: Indices,
        approximations: Approximations,
    ) -> None:
        self.nest, self.indices, self.approximations = nest, indices, approximations
        self.shared = shared or Loop(1, False, (0,) * nest.nest.operands)
        *inputs, result = zip(nest.operands, along.strides, strict=True)
        self.inputs = [self._operand(*each) for each in inputs]
        self.result = Row(*result, indices)

    def _operand(self, value: ir.Value, stride: int) -> Row | ir.Value:
        is_buffer = isinstance(value.type, ir.MemRefType)
        return Row(value, stride, self.indices) if is_buffer else value

    def read(self, points: Sequence[Point], cursor: Cursor) -> list[ir.Value]:
        """What the result holds at the points."""
        return [self.result.load(self.place(p, cursor), p.lanes) for p in points]

    def write(self, points: Sequence[Point], cursor: Cursor, values: Carried) -> None:
        for point, value in zip(points, values, strict=True):
            self.result.store(value, self.place(point, cursor), point.lanes)

    def place(self, point: Point, cursor: Cursor) -> ir.Value:
        """Where the result of a point is."""
        return self._at(self.nest.nest.result, point, cursor)

    def evaluate(
        self, points: Sequence[Point], cursor: Cursor, results: Carried | None
    ) -> list[ir.Value]:
        """One iteration of the body at every point; what several points need is loaded once."""
        loaded: Loaded = {}
        for iteration in range(self.shared.extent):
            moved = [point.moved(self.shared.strides, iteration) for point in points]
            results = self._evaluated(moved, cursor, results, loaded)
        return list(results or [])

    def _evaluated(
        self, points: Sequence[Point], cursor: Cursor, results: Carried | None, loaded: Loaded
    ) -> list[ir.Value]:
        bodies = {p.lanes.width: WideBody(p.lanes.width, self.approximations) for p in points}
        computed: list[ir.Value] = []
        for number, point in enumerate(points):
            values = [self._loaded(i, point, cursor, loaded) for i in range(self.nest.nest.result)]
            arguments = list(self.nest.arguments[:-1])
            if results is not None:
                arguments.append(self.nest.arguments[-1])
                values.append(results[number])
            width = point.lanes.width
            value = bodies[width].evaluate(self.nest.body, arguments, values)
            computed.append(broadcast(value, width))
        return computed

    def _loaded(self, operand: int, point: Point, cursor: Cursor, loaded: Loaded) -> ir.Value:
        row = self.inputs[operand]
        if not isinstance(row, Row):
            return row
        key = (operand, point.offsets[operand], point.lanes if row.stride else None)
        if key not in loaded:
            loaded[key] = row.load(self._at(operand, point, cursor), point.lanes)
        return loaded[key]

    def _at(self, operand: int, point: Point, cursor: Cursor) -> ir.Value:
        return self.indices.plus(cursor[operand], point.offsets[operand])
