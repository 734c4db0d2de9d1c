"""Gathers from known positions, where each dimension is walked by the loop of its own number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.analysis.structured import Structured, is_identity
from optimus_mlir.mlir import ir, tensor
from optimus_mlir.mlir.constants import Array
from optimus_mlir.normalize.body_evaluation import known_inside
from optimus_mlir.normalize.known_values import KnownValues


@dataclass(frozen=True, eq=False)
class Gather:
    """`result[i, j, ..] = source[tables[0][i], tables[1][j], ..]`."""

    source: ir.Value
    tables: Sequence[Array]


def gather_of(view: Structured, known: KnownValues) -> Gather | None:
    """The op as such a gather; None if it is none, or picks what is not inside of its source."""
    extract = yielded_extract(view)
    if extract is None:
        return None
    source, *indices = extract.operands
    shape = view.result.type.shape
    if len(indices) != len(shape) or not source.type.has_static_shape:
        return None
    values = known_inside(view, known)
    tables: list[Array] = []
    for loop, index in enumerate(indices):
        table = _along(loop, values.get(index, known.get(index)), shape[loop])
        if table is None or table.min() < 0 or table.max() >= source.type.shape[loop]:
            return None
        tables.append(table)
    return Gather(source, tables)


def yielded_extract(view: Structured) -> ir.OpView | None:
    """The op of the body that picks what is yielded, if the op does no more than that."""
    owner = view.yielded.owner
    if isinstance(owner, ir.Block) or not isinstance(owner.opview, tensor.ExtractOp):
        return None
    return owner.opview if is_identity(view.maps[-1]) else None


def _along(loop: int, positions: Array | None, extent: int) -> Array | None:
    """Where the loop goes, from a table over all loops; None if another loop moves it."""
    if positions is None or (positions.size > 1 and positions.size != positions.shape[loop]):
        return None
    return np.broadcast_to(positions.ravel(), extent)
