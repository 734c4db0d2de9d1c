"""How far the emulator's results are from those of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ml_dtypes
import numpy as np

from optimus_mlir.mlir.constants import Array

ROUNDINGS_TOLERATED = 4096
SHARE_TOLERATED = 1 / 8  # what the roundings of 16-bit floats come to would excuse any result


@dataclass(frozen=True)
class Difference:
    """The largest difference of two elements, infinite where only one is a number.

    `is_tolerable` says that reassociated sums explain it: at most `ROUNDINGS_TOLERATED` roundings
    of the largest element of a float result, or numbers too small to be normal, which a library may
    take for zero; never more than `SHARE_TOLERATED` of it, and nothing at all of an integer one.
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
    if expected.dtype.kind != "f" and expected.dtype != ml_dtypes.bfloat16:
        return 0.0
    limits = ml_dtypes.finfo(expected.dtype)
    values = expected.astype(np.float64)
    largest = np.abs(values[np.isfinite(values)]).max(initial=0.0)
    share = min(ROUNDINGS_TOLERATED * float(limits.eps), SHARE_TOLERATED)
    return max(share * largest, float(limits.tiny))
