"""Emission of a nest: loops over its blocks, and in each the reductions with results in registers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.codegen.blocking import Blocking
from optimus_mlir.codegen.bodies import Approximations, Combination
from optimus_mlir.codegen.linalg_nests import BufferNest
from optimus_mlir.codegen.loops import Carried, Cursor, LoopBuilder
from optimus_mlir.codegen.nest import Loop
from optimus_mlir.codegen.operands import Indices, Lanes, broadcast
from optimus_mlir.codegen.points import Point, PointBody
from optimus_mlir.mlir import arith, ir, vector


@dataclass(frozen=True)
class Recipe:
    """How a nest is emitted; `initial` is what reductions start from if it is not in the result."""

    nest: BufferNest
    blocking: Blocking
    lanes: int
    has_masks: bool
    combination: Combination | None
    initial: ir.Value | None


class BlockEmitter:
    """Emits a nest at the current insertion point."""

    def __init__(self, recipe: Recipe, approximations: Approximations) -> None:
        self.recipe = recipe
        self.nest = recipe.nest.nest
        self.along = self.nest.loops[recipe.blocking.vector_loop]
        number = recipe.blocking.shared
        shared = None if number is None else self.nest.loops[number]
        reductions = self.nest.reductions
        self.reductions = [self.nest.loops[n] for n in reductions if n != number]
        self.indices = Indices(recipe.nest.op)
        self.loops = LoopBuilder(self.indices)
        self.body = PointBody(recipe.nest, self.along, shared, self.indices, approximations)

    def emit(self) -> None:
        starts = tuple(self.indices.constant(start) for start in self.recipe.nest.starts)
        self._over_blocks(self._outermost_first(), starts, {})

    def _outermost_first(self) -> list[int]:
        """Parallel loops, first those that walk over the largest input, so that it is read once."""
        numbers = self.nest.parallel
        return sorted(numbers, key=lambda n: -self._largest_input(self.nest.loops[n]))

    def _largest_input(self, loop: Loop) -> int:
        inputs = [i for i in range(self.nest.result) if loop.strides[i]]
        return max((self._elements_read(i) for i in inputs), default=0)

    def _elements_read(self, operand: int) -> int:
        return math.prod(loop.extent for loop in self.nest.loops if loop.strides[operand])

    # blocks -----------------------------------------------------------------------------------

    def _over_blocks(
        self, numbers: Sequence[int], cursor: Cursor, extents: Mapping[int, int]
    ) -> None:
        """Loops over whole blocks, and code of its own for what is left at the end of each loop."""
        if not numbers:
            self._block(cursor, extents)
            return
        number, *rest = numbers
        loop, step = self.nest.loops[number], self._step(number)
        whole = loop.extent - loop.extent % step
        for span in (range(0, whole, step), range(whole, loop.extent, max(1, loop.extent - whole))):
            if span:
                self._over_span(number, span, rest, cursor, extents)

    def _over_span(
        self,
        number: int,
        span: range,
        rest: Sequence[int],
        cursor: Cursor,
        extents: Mapping[int, int],
    ) -> None:
        inside = {**extents, number: span.step}

        def body(moved: Cursor, _: Carried) -> Carried:
            self._over_blocks(rest, moved, inside)
            return []

        self.loops.loop(self.nest.loops[number], span, cursor, [], body)

    def _step(self, number: int) -> int:
        """Iterations of a parallel loop in one block."""
        blocking = self.recipe.blocking
        if number == blocking.vector_loop:
            return blocking.vectors * self.recipe.lanes
        return dict(blocking.unrolled).get(number, 1)

    def _block(self, cursor: Cursor, extents: Mapping[int, int]) -> None:
        rows = self._rows(extents)
        if not self.along.is_parallel:
            self._combine_lanes(rows, cursor)
            return
        lanes = self._vectors(range(extents[self.recipe.blocking.vector_loop]))
        points = [self._point(row, each) for row, each in itertools.product(rows, lanes)]
        results = self._accumulated(points, cursor)
        self.body.write(points, cursor, results)

    def _rows(self, extents: Mapping[int, int]) -> list[tuple[int, ...]]:
        """Offsets of the operands for every combination of unrolled iterations."""
        unrolled = [number for number, _ in self.recipe.blocking.unrolled]
        strides = [self.nest.loops[number].strides for number in unrolled]
        rows: list[tuple[int, ...]] = []
        for iterations in itertools.product(*(range(extents[number]) for number in unrolled)):
            steps = list(zip(iterations, strides, strict=True))
            rows.append(tuple(sum(k * s[i] for k, s in steps) for i in range(self.nest.operands)))
        return rows

    def _vectors(self, iterations: range) -> list[Lanes]:
        """Vectors that cover the iterations; the last may be partly used, or of its own width."""
        found: list[Lanes] = []
        for at in range(iterations.start, iterations.stop, self.recipe.lanes):
            used = min(self.recipe.lanes, iterations.stop - at)
            power = 1 << (used - 1).bit_length()
            found.append(Lanes(at, power if self.recipe.has_masks else used, used))
        return found

    def _point(self, row: tuple[int, ...], lanes: Lanes) -> Point:
        pairs = zip(row, self.along.strides, strict=True)
        return Point(tuple(offset + lanes.at * stride for offset, stride in pairs), lanes)

    # results in lanes -------------------------------------------------------------------------

    def _accumulated(self, points: Sequence[Point], cursor: Cursor) -> Carried:
        """The results of the points, after all reductions."""
        if not self.nest.has_reduction:
            before = self.body.read(points, cursor) if self.recipe.nest.reads_result else None
            return self.body.evaluate(points, cursor, before)
        start = self.recipe.initial
        before = (
            self.body.read(points, cursor)
            if start is None
            else [broadcast(start, point.lanes.width) for point in points]
        )
        return self.loops.nested(
            self.reductions,
            cursor,
            before,
            lambda moved, sums: self.body.evaluate(points, moved, sums),
        )

    # a reduction in lanes ---------------------------------------------------------------------

    def _combine_lanes(self, rows: Sequence[tuple[int, ...]], cursor: Cursor) -> None:
        """Each lane reduces its share of the iterations; at the end the lanes are joined."""
        whole = self.along.extent - self.along.extent % self.recipe.lanes
        parts: list[Carried] = []
        if whole:
            parts.append(self._partial(rows, range(0, whole, self.recipe.lanes), cursor))
        tails = self._vectors(range(whole, self.along.extent))
        parts += [self._tail(rows, lanes, cursor) for lanes in tails]
        for number, row in enumerate(rows):
            at = self.indices.plus(cursor[self.nest.result], row[self.nest.result])
            value = self.recipe.initial
            if value is None:
                value = self.body.result.load_scalar(at)
            for part in parts:
                value = self._combination.join(value, self._joined(part[number]))
            self.body.result.store_scalar(value, at)

    def _partial(self, rows: Sequence[tuple[int, ...]], span: range, cursor: Cursor) -> Carried:
        """Partial results of the whole vectors."""
        points = [self._point(row, Lanes(0, self.recipe.lanes, self.recipe.lanes)) for row in rows]

        def along(moved: Cursor, sums: Carried) -> Carried:
            return self.loops.loop(
                self.along, span, moved, sums, lambda c, s: self.body.evaluate(points, c, s)
            )

        return self.loops.nested(self._other_reductions, cursor, self._neutral(points), along)

    def _tail(self, rows: Sequence[tuple[int, ...]], lanes: Lanes, cursor: Cursor) -> Carried:
        """Partial results of the last vector, whose unused lanes stay neutral."""
        points = [self._point(row, lanes) for row in rows]

        def body(moved: Cursor, sums: Carried) -> Carried:
            computed = self.body.evaluate(points, moved, sums)
            if lanes.is_full:
                return computed
            pairs = zip(computed, sums, strict=True)
            return [arith.SelectOp(lanes.mask(), new, old).result for new, old in pairs]

        return self.loops.nested(self._other_reductions, cursor, self._neutral(points), body)

    @property
    def _other_reductions(self) -> list[Loop]:
        return [loop for loop in self.reductions if loop is not self.along]

    @property
    def _combination(self) -> Combination:
        assert self.recipe.combination is not None
        return self.recipe.combination

    def _neutral(self, points: Sequence[Point]) -> list[ir.Value]:
        scalar = self._combination.neutral_constant(self.body.result.element)
        return [broadcast(scalar, point.lanes.width) for point in points]

    def _joined(self, lanes: ir.Value) -> ir.Value:
        kind = ir.Attribute.parse(f"#vector.kind<{self._combination.reduction}>")
        return vector.ReductionOp(self.body.result.element, kind, lanes).result
