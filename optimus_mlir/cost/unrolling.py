"""Loops side by side on the PE array: which, and how many iterations of each at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost.roles import operands_of, roles_of
from optimus_mlir.target import Accelerator, Role
from optimus_mlir.workload import Operator

Counts = NDArray[np.int64]


def ceil_div(numerator: Counts, denominator: Counts | int) -> Counts:
    return -(-numerator // denominator)


def loops_to_unroll(
    operator: Operator, constants: frozenset[str], accelerator: Accelerator
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The loops for the rows and for the columns, in the order in which they get room.

    A nest that multiplies nothing has no roles: any of its parallel loops, inner ones first.
    """
    if operands_of(operator, constants).filter is None:
        parallel = tuple(i for i, reduced in enumerate(operator.reduction) if not reduced)[::-1]
        return parallel, parallel
    roles = roles_of(operator, constants)
    return (
        _loops(roles, accelerator.unrolled_rows),
        _loops(roles, accelerator.unrolled_columns),
    )


def _loops(roles: Sequence[Role], wanted: Sequence[Role]) -> tuple[int, ...]:
    """The inner loops of a role before its outer ones."""
    inner_first = list(enumerate(roles))[::-1]
    return tuple(loop for role in wanted for loop, its_role in inner_first if its_role == role)


def unroll(extents: Counts, loops: Sequence[int], room: int) -> Counts:
    """How much of each loop runs side by side, for every row of `extents`.

    A loop longer than the room takes as few passes as it can, all about as long; a shorter one
    leaves `room // its extent` copies for the next loop (Optimus' and Interstellar's replication).
    """
    factors = np.ones_like(extents)
    left = np.full(len(extents), room, dtype=np.int64)
    for loop in loops:
        extent = extents[:, loop]
        factors[:, loop] = ceil_div(extent, ceil_div(extent, left))
        left //= factors[:, loop]
    return factors


def unrolled(
    extents: Counts, loops: tuple[Sequence[int], Sequence[int]], accelerator: Accelerator
) -> Counts:
    """The iterations of each loop that run side by side, at most its extent."""
    rows = unroll(extents, loops[0], accelerator.pe_rows)
    columns = unroll(ceil_div(extents, rows), loops[1], accelerator.pe_columns)
    return np.minimum(rows * columns, extents)
