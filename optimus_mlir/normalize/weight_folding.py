"""Scales and shifts of an anchor's output channels move into its weights and one bias.

Before: %c = conv(%x, %w), %1 = generic{c - mean[k]}, %2 = generic{1 * factor[k]}, ...
After:  %c = conv(%x, %w'), %y = generic{c + bias[k]}      w'[k, ...] = scale[k] * w[k, ...]

Computed in float64 and rounded once, so results differ from the unfolded ones by reassociation.
"""

from dataclasses import dataclass

import numpy as np

from optimus_mlir.analysis.structured import (
    Structured,
    dims_of,
    elementwise,
    has_one_use,
    structured,
    top_level_ops,
)
from optimus_mlir.mlir import arith, ir, linalg
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.affine_form import Affine, affine_form, identity
from optimus_mlir.normalize.constant_folding import new_constant
from optimus_mlir.normalize.initial_values import starts_from_zero
from optimus_mlir.normalize.known_values import KnownValues, is_constant, name_of


@dataclass(frozen=True)
class ScalableAnchor:
    """A sum of products with constant weights that starts from zero.

    `weight_dims` and `result_dims` are the loops behind the axes of its weights and its result.
    """

    view: Structured
    weight: int  # which operand
    weight_dims: list[int]
    result_dims: list[int]

    @property
    def weights(self) -> ir.Value:
        return self.view.operands[self.weight]

    def commutes_with(self, coefficients: Array) -> bool:
        """Whether coefficients for the result's axes vary only along those that the weights have."""
        varying = _varying_axes(coefficients)
        return all(self.result_dims[axis] in self.weight_dims for axis in varying)

    def scaled(self, weights: Array, scale: Array) -> Array:
        """The weights that make the anchor compute `scale` times as much."""
        axes = [self.result_dims.index(d) for d in self.weight_dims if d in self.result_dims]
        others = [axis for axis in range(scale.ndim) if axis not in axes]
        factors = scale.transpose(axes + others).reshape([scale.shape[axis] for axis in axes])
        absent = [at for at, d in enumerate(self.weight_dims) if d not in self.result_dims]
        return (weights * np.expand_dims(factors, absent)).astype(weights.dtype)


@dataclass(frozen=True)
class Chain:
    """Elementwise ops, each the only reader of the one before, and what they compute together."""

    ops: list[Structured]
    function: Affine


def fold_scales_into_weights(module: ir.Module) -> None:
    """Leaves the ops of the chains without a reader."""
    known = KnownValues()
    for op in top_level_ops(module):
        view = structured(op)
        anchor = _scalable_anchor(view, known) if view else None
        chain = _affine_chain(anchor, known) if anchor else None
        if anchor and chain and not _is_folded(chain, known):
            _fold(anchor, chain, known)


def _scalable_anchor(view: Structured, known: KnownValues) -> ScalableAnchor | None:
    result_dims = dims_of(view.maps[-1])
    if not _sums_products(view) or result_dims is None or not starts_from_zero(view, known):
        return None
    for number, (value, indexing) in enumerate(view.reads()[:-1]):
        weight_dims = dims_of(indexing)
        if is_constant(value) and value in known and weight_dims is not None:
            return ScalableAnchor(view, number, weight_dims, result_dims)
    return None


def _sums_products(view: Structured) -> bool:
    """Whether the body is result += x * w in floating point, without conversions."""
    if [type(op) for op in view.computations] != [arith.MulFOp, arith.AddFOp]:
        return False
    product, total = view.computations
    *factors, accumulator = view.arguments
    return (
        len(factors) == 2
        and set(product.operands) == set(factors)
        and set(total.operands) == {product.result, accumulator}
        and view.yielded == total.result
    )


def _affine_chain(anchor: ScalableAnchor, known: KnownValues) -> Chain | None:
    """The longest chain of affine ops behind the anchor that its weights and a bias can express."""
    ops: list[Structured] = []
    function = identity(len(anchor.result_dims))
    value = anchor.view.result
    while (found := _affine_reader(value, known)) is not None:
        reader, outer = found
        longer = outer.after(function)
        if not anchor.commutes_with(longer.scale) or not anchor.commutes_with(longer.shift):
            break
        ops.append(reader)
        function, value = longer, reader.result
    return Chain(ops, function) if ops else None


def _affine_reader(value: ir.Value, known: KnownValues) -> tuple[Structured, Affine] | None:
    """The only op that reads `value`, if it is elementwise and affine in it."""
    if not has_one_use(value):
        return None
    use = next(iter(value.uses))
    reader = structured(use.owner)
    if reader is None or not reader.is_elementwise:
        return None
    if use.operand_number not in reader.identity_reads():
        return None
    function = affine_form(reader, use.operand_number, known)
    return None if function is None else (reader, function)


def _is_folded(chain: Chain, known: KnownValues) -> bool:
    """Whether this is what `_fold` makes: one addition of a bias with an axis for each channel dim."""
    (op, *others) = chain.ops
    if others or len(op.computations) != 1 or _varies(chain.function.scale - 1):
        return False
    if not chain.function.shift.any():
        return False
    varying = _varying_axes(chain.function.shift)
    biases = [dims_of(indexing) for value, indexing in op.reads() if value in known]
    return biases in ([], [varying])


def _varies(differences: Array) -> bool:
    return bool(differences.any())


def _fold(anchor: ScalableAnchor, chain: Chain, known: KnownValues) -> None:
    view, function = anchor.view, chain.function
    old = known[anchor.weights]
    with np.errstate(all="ignore"):
        weights = anchor.scaled(old, function.scale)
        bias = function.shift.astype(old.dtype)
    if not np.isfinite(weights).all() or not np.isfinite(bias).all():
        return
    name, kind = name_of(anchor.weights), view.result.type.element_type
    last = chain.ops[-1].result
    if _varies(function.scale - 1):
        with ir.InsertionPoint(view.op), view.op.location:
            view.op.operation.operands[anchor.weight] = new_constant(weights, name, kind)
    if bias.any():
        with ir.InsertionPoint(chain.ops[-1].op), chain.ops[-1].op.location:
            last.replace_all_uses_with(_plus(view.result, bias, f"{name}.bias", kind))
    else:
        last.replace_all_uses_with(view.result)


def _plus(value: ir.Value, bias: Array, name: str, kind: ir.Type) -> ir.Value:
    """`value` + `bias`; a bias that does not vary is a scalar in the body."""
    axes = _varying_axes(bias)
    if axes:
        dims = [ir.AffineDimExpr.get(axis) for axis in axes]
        tensor = new_constant(bias.squeeze(), name, kind)
        reads = [(tensor, ir.AffineMap.get(bias.ndim, 0, dims))]
    else:
        scalar = arith.constant(kind, float(bias.item()))
        reads = []
    total = elementwise(reads, value)
    (*term, accumulator) = total.regions[0].blocks[0].arguments
    with ir.InsertionPoint(total.regions[0].blocks[0]):
        linalg.YieldOp([arith.AddFOp(accumulator, term[0] if term else scalar).result])
    return total.results[0]


def _varying_axes(coefficients: Array) -> list[int]:
    return [axis for axis, extent in enumerate(coefficients.shape) if extent > 1]
