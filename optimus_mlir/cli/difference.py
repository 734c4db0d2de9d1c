"""How far the emulator's results are from those of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.mlir.constants import Array

ROUNDINGS_TOLERATED = 4096


@dataclass(frozen=True)
class Difference:
    """The largest difference of two elements, infinite where only one is a number.

    `is_tolerable` says that reassociated sums explain it: at most `ROUNDINGS_TOLERATED` roundings
    of the largest element of a float result, and none at all of an integer one.
    """

    reference: str
    max_abs_error: float
    is_tolerable: bool


def compare(found: Sequence[Array], expected: Sequence[Array], reference: str) -> Difference:
    assert len(found) == len(expected), f"{len(found)} results, but {len(expected)} of {reference}"
    errors = [_max_abs_error(*pair) for pair in zip(found, expected, strict=True)]
    tolerances = map(_tolerance, expected)
    tolerable = all(e <= t for e, t in zip(errors, tolerances, strict=True))
    return Difference(reference, max(errors, default=0.0), tolerable)


def _max_abs_error(found: Array, expected: Array) -> float:
    assert found.shape == expected.shape, f"a result of shape {found.shape}, not {expected.shape}"
    a, b = found.astype(np.float64), expected.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        errors = np.where(same, 0.0, np.abs(a - b))
    return float(np.nan_to_num(errors, nan=np.inf, posinf=np.inf).max(initial=0.0))


def _tolerance(expected: Array) -> float:
    if expected.dtype.kind != "f":
        return 0.0
    finite = np.abs(expected[np.isfinite(expected)].astype(np.float64))
    return ROUNDINGS_TOLERATED * float(np.finfo(expected.dtype).eps) * finite.max(initial=0.0)
