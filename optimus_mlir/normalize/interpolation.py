"""Interpolation is a product with a small matrix along each dimension.

PyTorch's bilinear and bicubic resizing arrive as gathers from known positions that are multiplied by
known weights and added up,
  y[c, i, j] = sum over e: weight_e(i, j) * x[c, p_e(i), q_e(j)]
which, where the weights are products of one factor for i and one for j, is along i
  z[c, k, r, w] = sum over a: x[c, s * k + a - o, w] * t[k, r, a]     with i = m * k + r
and then the same along j: m results for s elements in lowest terms, each from a window of few taps.
Where PyTorch does not look at a tap the weight is 0, so only what is infinite makes a difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.analysis.structured import (
    PARALLEL,
    REDUCTION,
    Structured,
    generic,
    is_used,
    structured,
    top_level_ops,
)
from optimus_mlir.mlir import arith, ir, linalg, tensor
from optimus_mlir.mlir.constants import numpy_dtype
from optimus_mlir.normalize.constant_folding import new_constant
from optimus_mlir.normalize.gathered_sums import GatheredSum, GatheredSums
from optimus_mlir.normalize.index_arithmetic import affine_map, loop_index, scaled, total
from optimus_mlir.normalize.known_values import KnownValues
from optimus_mlir.normalize.padding_first import padded

MOST_TAPS = 16  # with more the window is the whole tensor, and the product much work for little
MOST_WEIGHTS = 2**24  # that are looked at to tell whether they are products


@dataclass(frozen=True)
class Resizing:
    """`weights[k, r, a]`: what element `step * k + a - before` adds to result k, r of a dimension."""

    dimension: int
    step: int
    before: int
    weights: NDArray[np.float64]


def resize_by_products(module: ir.Module) -> None:
    """Rewrite sums of gathers, the last of a chain first; what only led to it is dead then."""
    sums = GatheredSums(KnownValues())
    for op in reversed(list(top_level_ops(module))):
        view = structured(op)
        found = sums.of(view) if view else None
        if view is None or found is None:
            continue
        if not is_used(view.result):
            op.operation.erase()
        elif resizings := _resizings(found):
            _rewrite(view, found.source, resizings)


def _resizings(found: GatheredSum) -> list[Resizing] | None:
    """One for each dimension that is not copied; None if the weights are no products of theirs."""
    shapes = list(zip(found.source.type.shape, found.shape, strict=True))
    moved = [d for d, (n, _) in enumerate(shapes) if not found.copies(d, n)]
    if len(found.terms) == 1 or not moved:
        return None
    frames = [_Frame.of(found, d, *shapes[d]) for d in moved]
    if math.prod(f.positions * f.taps for f in frames) > MOST_WEIGHTS:
        return None
    if any(f.taps > MOST_TAPS for f in frames):
        return None
    weights = _weights(found, frames)
    factors = None if weights is None else _factors(weights)
    if factors is None:
        return None
    return [frame.resizing(factor) for frame, factor in zip(frames, factors, strict=True)]


@dataclass(frozen=True)
class _Frame:
    """How the windows of a dimension lie: at result i, from `step * (i // per_step) - before` on."""

    dimension: int
    positions: int
    step: int
    per_step: int
    before: int
    taps: int

    @staticmethod
    def of(found: GatheredSum, dimension: int, elements: int, results: int) -> _Frame:
        common = math.gcd(elements, results)
        step, per_step = elements // common, results // common
        start = np.arange(results) // per_step * step
        offsets = [gather.tables[dimension] - start for gather in found.terms]
        before = max(0, -int(np.min(offsets)))
        taps = before + int(np.max(offsets)) + 1
        return _Frame(dimension, results, step, per_step, before, taps)

    def tap(self, table: NDArray[np.int64]) -> NDArray[np.int64]:
        start = np.arange(self.positions) // self.per_step * self.step
        return table - start + self.before

    def resizing(self, factor: NDArray[np.float64]) -> Resizing:
        weights = factor.reshape(-1, self.per_step, self.taps)
        return Resizing(self.dimension, self.step, self.before, weights)


def _weights(found: GatheredSum, frames: list[_Frame]) -> NDArray[np.float64] | None:
    """For all results along the frames, by all their taps: what they add up, `[i, a, j, b, ..]`."""
    weights = np.zeros([n for frame in frames for n in (frame.positions, frame.taps)])
    still = [d for d in range(len(found.shape)) if all(frame.dimension != d for frame in frames)]
    for gather, weight in found.terms.items():
        if any(weight.shape[d] > 1 for d in still):
            return None
        at: list[NDArray[np.int64]] = []
        for axis, frame in enumerate(frames):
            beside = [-1 if other == axis else 1 for other in range(len(frames))]
            tap = frame.tap(gather.tables[frame.dimension])
            at += [np.arange(frame.positions).reshape(beside), tap.reshape(beside)]
        np.add.at(weights, tuple(at), np.squeeze(weight, tuple(still)))
    return weights


def _factors(weights: NDArray[np.float64]) -> list[NDArray[np.float64]] | None:
    """Arrays over pairs of axes whose product the weights are; None if there are none."""
    peak = np.unravel_index(np.argmax(np.abs(weights)), weights.shape)
    most = weights[peak]
    if most == 0:
        return None
    factors: list[NDArray[np.float64]] = []
    for axis in range(0, weights.ndim, 2):
        through_peak = (*peak[:axis], slice(None), slice(None), *peak[axis + 2 :])
        factors.append(weights[through_peak] / (most if factors else 1))
    product = factors[0]
    for factor in factors[1:]:
        product = np.multiply.outer(product, factor)
    return factors if np.allclose(product, weights, rtol=0, atol=1e-6 * abs(most)) else None


def _rewrite(view: Structured, source: ir.Value, resizings: list[Resizing]) -> None:
    with ir.InsertionPoint(view.op), view.op.location:
        result = source
        for resizing in sorted(resizings, key=lambda each: each.weights.shape[1] / each.step):
            result = _resized(result, resizing)
    view.result.replace_all_uses_with(result)
    view.op.operation.erase()


def _resized(source: ir.Value, resizing: Resizing) -> ir.Value:
    """The product along one dimension: loops over the result, with two for that one, and the taps."""
    d, element = resizing.dimension, source.type.element_type
    steps, per_step, _ = resizing.weights.shape
    shape = list(source.type.shape)
    loops = len(shape) + 2
    outer, phase, tap = (loop_index(loop, loops) for loop in (d, d + 1, loops - 1))
    written = [loop_index(loop, loops) for loop in range(loops - 1)]
    window = total([scaled(outer, resizing.step), tap], loops)
    image = _framed(source, resizing)
    elements = resizing.weights.astype(numpy_dtype(element))
    weights = new_constant(elements, "interpolation", element)
    zero = arith.ConstantOp(element, ir.FloatAttr.get(element, 0.0)).result
    parts = [*shape[:d], steps, per_step, *shape[d + 1 :]]
    start = linalg.fill(zero, outs=[tensor.EmptyOp(parts, element).result])
    rows = [
        (image, (*written[:d], window, *written[d + 2 :])),
        (weights, (outer, phase, tap)),
        (start, tuple(written)),
    ]
    kinds = [PARALLEL] * (loops - 1) + [REDUCTION]
    op = generic([(value, affine_map(row, loops)) for value, row in rows], kinds)
    with ir.InsertionPoint(op.regions[0].blocks[0]):
        x, weight, so_far = op.regions[0].blocks[0].arguments
        term = arith.MulFOp(x, weight).result
        linalg.YieldOp([arith.AddFOp(so_far, term).result])
    kind = ir.RankedTensorType.get([*shape[:d], steps * per_step, *shape[d + 1 :]], element)
    groups = [[a] for a in range(d)] + [[d, d + 1]] + [[a] for a in range(d + 2, loops - 1)]
    return tensor.CollapseShapeOp(kind, op.results[0], groups).result


def _framed(source: ir.Value, resizing: Resizing) -> ir.Value:
    """The source with zeros where windows reach beyond it."""
    d, shape = resizing.dimension, list(source.type.shape)
    steps, _, taps = resizing.weights.shape
    reach = resizing.step * (steps - 1) + taps
    low = [resizing.before if axis == d else 0 for axis in range(len(shape))]
    high = [max(0, reach - resizing.before - n) if axis == d else 0 for axis, n in enumerate(shape)]
    if not any((*low, *high)):
        return source
    widened = [a + n + b for a, n, b in zip(low, shape, high, strict=True)]
    zero = ir.FloatAttr.get(source.type.element_type, 0.0)
    return padded(source, low, high, widened, zero).result
