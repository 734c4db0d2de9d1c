"""A convolution over an input spread with zeros skips the zeros.

PyTorch's transposed convolution of stride s arrives as
  z = zeros, z[s * i + o] = x[i];  y[p] = sum over k: z[p + k] * w[k]
Only every s-th k meets an element of x. With p = s * h + r, and K and P multiples of s,
  y[s * h + r] = sum over j: x[h + j + e(r)] * w[s * j + t(r)]      t(r) = (o - r) mod s
where e(r) = (r + t(r) - o) / s. That is affine in r if t(r) is r or s - 1 - r; in the second case the
weights are reversed within blocks of s. Zeros before the weights move o, zeros behind them fill K up:
with as few as will do, every K and o are of that form. If P is no multiple of s, the zeros stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimus_mlir.analysis.structured import Structured, producer, structured, top_level_ops
from optimus_mlir.analysis.views import constant_of
from optimus_mlir.mlir import ir, linalg, tensor
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.constant_folding import new_constant
from optimus_mlir.normalize.index_arithmetic import Row, composed, loop_index, scaled, total
from optimus_mlir.normalize.known_values import KnownValues, name_of
from optimus_mlir.normalize.loop_nests import LoopNest, Operand, nest_of, rebuilt, starts_anew
from optimus_mlir.normalize.padding_first import padded
from optimus_mlir.workload import Linear


@dataclass(frozen=True)
class Spread:
    """One spatial dimension: the loops p and k over y and w, the stride s and the offset o.

    `zeros` come before and behind the weights; the offset counts those before them.
    """

    dimension: int
    result_loop: int
    kernel_loop: int
    stride: int
    offset: int
    zeros: tuple[int, int] = (0, 0)

    def phase(self, r: int) -> int:
        return (self.offset - r) % self.stride

    def source_phase(self, phase: Linear) -> Linear:
        """e(r) as an index over the loops of `phase`, which is r."""
        first = (self.phase(0) - self.offset) // self.stride
        if self.is_reversed:
            return Linear((0,) * len(phase.coefficients), first)
        return replace(phase, constant=first)

    @property
    def is_reversed(self) -> bool:
        return [self.phase(r) for r in range(self.stride)] == list(range(self.stride))[::-1]

    @property
    def is_affine(self) -> bool:
        """With one phase per element of the stride in order, or in reverse."""
        in_order = [self.phase(r) for r in range(self.stride)] == list(range(self.stride))
        return self.is_reversed or (in_order and self.stride == 2)


def skip_zeros(module: ir.Module) -> None:
    known = KnownValues()
    for op in top_level_ops(module):
        view = structured(op) if linalg.isa_convolution_op(op) else None
        spreads = _spreads(view) if view else None
        if view and spreads and view.operands[1] in known:
            _rewrite(view, spreads, known)


def _spreads(view: Structured) -> list[Spread] | None:
    """The dimensions along which the input is spread with zeros; None if it is not, or not affine."""
    insert = producer(view.operands[0])
    nest = nest_of(view)
    if nest is None or not isinstance(insert, tensor.InsertSliceOp) or not _is_into_zeros(insert):
        return None
    spreads: list[Spread] = []
    for dimension, stride in enumerate(insert.static_strides):
        offset = insert.static_offsets[dimension]
        if stride == 1 and offset == 0:
            if insert.source.type.shape[dimension] != insert.dest.type.shape[dimension]:
                return None
            continue
        spread = _spread(nest, dimension, stride, offset)
        if spread is None:
            return None
        spreads.append(spread)
    return spreads


def _is_into_zeros(insert: Any) -> bool:
    fill = producer(insert.dest)
    if fill is None or fill.operation.name != "linalg.fill" or len(insert.operands) > 2:
        return False
    zero = constant_of(fill.operands[0])
    return zero is not None and zero.value == 0


def _spread(nest: LoopNest, dimension: int, stride: int, offset: int) -> Spread | None:
    index = nest.operands[0].row[dimension]
    written = {loop for i in nest.operands[-1].row for loop in i.loops}
    result = [loop for loop in index.loops if loop in written]
    kernel = [loop for loop in index.loops if loop not in written]
    if len(result) != 1 or len(kernel) != 1 or sum(index.coefficients) != 2 or index.constant:
        return None
    if nest.extents[result[0]] % stride or stride == 1:
        return None
    bare = Spread(dimension, result[0], kernel[0], stride, offset)
    return _with_fewest_zeros(bare, nest.extents[kernel[0]])


def _with_fewest_zeros(spread: Spread, taps: int) -> Spread | None:
    """The weights as whole blocks of a stride, with phases that are affine."""
    before = (
        replace(spread, offset=spread.offset + n, zeros=(n, -(taps + n) % spread.stride))
        for n in range(spread.stride)
    )
    return min((s for s in before if s.is_affine), key=lambda s: sum(s.zeros), default=None)


def _rewrite(view: Structured, spreads: list[Spread], known: KnownValues) -> None:
    nest = nest_of(view)
    if nest is None or not starts_anew(view):
        return
    insert = producer(view.operands[0])
    with ir.InsertionPoint(view.op), view.op.location:
        weights = _weights(view, nest, spreads, known)
        dense = _dense(_filled_up(nest, spreads), spreads)
        image, row = _padded_image(insert, dense)
        operands = (Operand(image, row), replace(dense.operands[1], value=weights))
        rebuilt(view, replace(dense, operands=(*operands, *dense.operands[2:])))


def _weights(
    view: Structured, nest: LoopNest, spreads: list[Spread], known: KnownValues
) -> ir.Value:
    """The weights with their zeros, reversed within blocks of a stride where phases run backwards."""
    array: Array = known[view.operands[1]]
    for spread in spreads:
        axes = [a for a, i in enumerate(nest.operands[1].row) if i.loops == (spread.kernel_loop,)]
        if axes and any(spread.zeros):
            widths = [spread.zeros if axis == axes[0] else (0, 0) for axis in range(array.ndim)]
            array = np.pad(array, widths)
        if spread.is_reversed and axes:
            blocks = array.shape[axes[0]] // spread.stride
            order = np.arange(array.shape[axes[0]]).reshape(blocks, -1)[:, ::-1].ravel()
            array = array.take(order, axes[0])
    kind = view.operands[1].type.element_type
    return new_constant(np.ascontiguousarray(array), name_of(view.operands[1]), kind)


def _filled_up(nest: LoopNest, spreads: list[Spread]) -> LoopNest:
    """The nest over the weights with their zeros."""
    zeros = {s.kernel_loop: sum(s.zeros) for s in spreads}
    extents = (extent + zeros.get(loop, 0) for loop, extent in enumerate(nest.extents))
    return replace(nest, extents=tuple(extents))


def _dense(nest: LoopNest, spreads: list[Spread]) -> LoopNest:
    """The nest over the dense input, whose indices may lie outside of it."""
    extents: list[int] = []
    kinds: list[str] = []
    first: list[int] = []  # the first of the new loops that stand for each old one
    for loop, extent in enumerate(nest.extents):
        first.append(len(extents))
        stride = next((s.stride for s in spreads if loop in (s.result_loop, s.kernel_loop)), 1)
        is_split = any(loop == s.result_loop for s in spreads)
        extents += [extent // stride, stride] if is_split else [extent // stride]
        kinds += [nest.kinds[loop]] * (1 + is_split)
    count = len(extents)
    index = [loop_index(at, count) for at in range(count)]
    values = [index[at] for at in first]
    image = dict(enumerate(values))
    for s in spreads:
        phase = index[first[s.result_loop] + 1]
        values[s.result_loop] = total([scaled(values[s.result_loop], s.stride), phase], count)
        values[s.kernel_loop] = total([scaled(values[s.kernel_loop], s.stride), phase], count)
        image[s.kernel_loop] = total([image[s.kernel_loop], s.source_phase(phase)], count)
    rows = [tuple(composed(i, values, count) for i in o.row) for o in nest.operands]
    spread_dims = {s.dimension for s in spreads}
    row = tuple(
        composed(i, [image[n] for n in range(len(values))], count) if d in spread_dims else moved
        for d, (i, moved) in enumerate(zip(nest.operands[0].row, rows[0], strict=True))
    )
    parts: list[tuple[int, ...]] = []
    written: list[Linear] = []
    for position in nest.operands[-1].row:
        (loop,) = position.loops
        width = 2 if any(loop == s.result_loop for s in spreads) else 1
        written += index[first[loop] : first[loop] + width]
        parts.append(tuple(extents[first[loop] : first[loop] + width]))
    operands = [replace(o, row=r) for o, r in zip(nest.operands, rows, strict=True)]
    operands[0] = replace(operands[0], row=row)
    operands[-1] = replace(operands[-1], row=tuple(written))
    return LoopNest(tuple(extents), tuple(kinds), tuple(operands), tuple(parts))


def _padded_image(insert: Any, nest: LoopNest) -> tuple[ir.Value, Row]:
    """The dense input with zeros where indices lie outside, and the indices into that."""
    image, row = insert.source, nest.operands[0].row
    low = [max(0, -index.constant) for index in row]
    high: list[int] = []
    for index, extent in zip(row, image.type.shape, strict=True):
        last = index.constant + sum(
            c * (n - 1) for c, n in zip(index.coefficients, nest.extents, strict=True)
        )
        high.append(max(0, last - extent + 1))
    if any((*low, *high)):
        shape = [a + n + b for a, n, b in zip(low, image.type.shape, high, strict=True)]
        zero = constant_of(producer(insert.dest).operands[0])
        image = padded(image, low, high, shape, zero).result
    return image, tuple(replace(i, constant=i.constant + n) for i, n in zip(row, low, strict=True))
