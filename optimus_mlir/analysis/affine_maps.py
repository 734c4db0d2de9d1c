"""Affine maps of linalg ops as plain numbers."""

from __future__ import annotations

from typing import Any

from optimus_mlir.mlir import ir, linalg
from optimus_mlir.workload import Linear


def linear(expression: ir.AffineExpr, loops: int) -> Linear | None:
    """The expression as coefficients and a constant; None for floordiv, mod and symbols."""
    if isinstance(expression, ir.AffineDimExpr):
        return Linear(tuple(int(i == expression.position) for i in range(loops)))
    if isinstance(expression, ir.AffineConstantExpr):
        return Linear((0,) * loops, expression.value)
    if isinstance(expression, ir.AffineAddExpr):
        a, b = _operands(expression, loops)
        return a and b and _sum(a, b)
    if isinstance(expression, ir.AffineMulExpr):
        a, b = _operands(expression, loops)
        if a is None or b is None or (a.loops and b.loops):
            return None
        return _scaled(a, b.constant) if a.loops else _scaled(b, a.constant)
    return None


def _operands(expression: Any, loops: int) -> tuple[Linear | None, Linear | None]:
    return linear(expression.lhs, loops), linear(expression.rhs, loops)


def _sum(a: Linear, b: Linear) -> Linear:
    coefficients = tuple(x + y for x, y in zip(a.coefficients, b.coefficients, strict=True))
    return Linear(coefficients, a.constant + b.constant)


def _scaled(a: Linear, factor: int) -> Linear:
    return Linear(tuple(c * factor for c in a.coefficients), a.constant * factor)


def operand_indices(op: ir.Operation) -> list[tuple[Linear, ...]] | None:
    """For every operand, how the loops index it; None where an op has no such description."""
    maps = linalg.get_indexing_maps(op)
    if maps is None:
        return None
    indices: list[tuple[Linear, ...]] = []
    for attribute in maps:
        affine_map = ir.AffineMapAttr(attribute).value
        if affine_map.n_symbols:
            return None
        row = [linear(result, affine_map.n_dims) for result in affine_map.results]
        if any(index is None for index in row):
            return None
        indices.append(tuple(index for index in row if index is not None))
    return indices


def loop_extents(op: ir.Operation, indices: list[tuple[Linear, ...]]) -> tuple[int, ...] | None:
    """The extent of every loop, read off a dimension that it indexes alone."""
    loops = max((len(index.coefficients) for row in indices for index in row), default=0)
    extents: dict[int, int] = {}
    for operand, row in zip(op.operands, indices, strict=True):
        if not isinstance(operand.type, ir.RankedTensorType):
            continue
        for index, extent in zip(row, operand.type.shape, strict=True):
            if index.constant == 0 and sum(index.coefficients) == 1 and len(index.loops) == 1:
                extents[index.loops[0]] = extent
    if len(extents) != loops:
        return None
    return tuple(extents[loop] for loop in range(loops))
