"""Index expressions over loops: composed, delinearised, and as MLIR's affine maps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from optimus_mlir.mlir import ir
from optimus_mlir.workload import Linear

Row = tuple[Linear, ...]
"""One index for each dimension of a tensor."""


def loop_index(loop: int, loops: int) -> Linear:
    return Linear(tuple(int(i == loop) for i in range(loops)))


def total(terms: Sequence[Linear], loops: int) -> Linear:
    coefficients = tuple(sum(t.coefficients[i] for t in terms) for i in range(loops))
    return Linear(coefficients, sum(t.constant for t in terms))


def scaled(index: Linear, factor: int, constant: int = 0) -> Linear:
    """`factor * index + constant`."""
    coefficients = tuple(c * factor for c in index.coefficients)
    return Linear(coefficients, index.constant * factor + constant)


def composed(outer: Linear, inner: Sequence[Linear], loops: int) -> Linear:
    """`outer`, a function of what `inner` computes from `loops` loops."""
    terms = [scaled(inner[i], c) for i, c in enumerate(outer.coefficients) if c]
    return total([*terms, Linear((0,) * loops, outer.constant)], loops)


def is_loop(index: Linear) -> bool:
    """Whether the index is one loop, as it is."""
    return index.constant == 0 and len(index.loops) == 1 and sum(index.coefficients) == 1


def linearised(indices: Sequence[Linear], shape: Sequence[int], loops: int) -> Linear:
    """The position in row-major order of an element of a box of this shape."""
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    return total([scaled(i, s) for i, s in zip(indices, strides, strict=True)], loops)


def delinearised(index: Linear, shape: Sequence[int], extents: Sequence[int]) -> Row | None:
    """The inverse of `linearised`, where every loop moves along one axis only; else None."""
    indices: list[Linear] = []
    for extent in reversed(shape[1:]):
        inner = [c if c % extent else 0 for c in index.coefficients]
        rest = Linear(tuple(inner), index.constant % extent)
        last = rest.constant + sum(c * (n - 1) for c, n in zip(inner, extents, strict=True))
        if min(inner, default=0) < 0 or last >= extent:
            return None
        indices.append(rest)
        outer = [c // extent * (c % extent == 0) for c in index.coefficients]
        index = Linear(tuple(outer), index.constant // extent)
    return (index, *reversed(indices)) if shape else ()


def split_loop(index: Linear, loop: int, parts: Sequence[int]) -> Linear:
    """The index where nested loops of these extents take the place of one."""
    strides = (math.prod(parts[axis + 1 :]) for axis in range(len(parts)))
    before, factor, after = (
        index.coefficients[:loop],
        index.coefficients[loop],
        index.coefficients[loop + 1 :],
    )
    return Linear((*before, *(factor * stride for stride in strides), *after), index.constant)


def affine_map(row: Row, loops: int) -> ir.AffineMap:
    return ir.AffineMap.get(loops, 0, [_expression(index) for index in row])


def _expression(index: Linear) -> ir.AffineExpr:
    terms = [ir.AffineExpr.get_dim(i) * index.coefficients[i] for i in index.loops]
    if index.constant or not terms:
        terms.append(ir.AffineExpr.get_constant(index.constant))
    return sum(terms[1:], terms[0])
