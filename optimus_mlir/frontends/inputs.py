"""Inputs to run a function on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array, numpy_dtype

Signature = list[tuple[tuple[int, ...], np.dtype[Any]]]


def random_inputs(function: ir.OpView, seed: int = 0) -> list[Array]:
    """One array for each argument: floats from the normal distribution, small integers.

    Integers of 32 bits and more lie in [0, 8), since they may be indices; narrower ones in [-8, 8).
    """
    random = np.random.default_rng(seed)
    return [_random(random, shape, dtype) for shape, dtype in signature(function)]


def load_inputs(paths: Sequence[str | Path], function: ir.OpView) -> list[Array]:
    """One .npy file for each argument, of exactly its shape and dtype."""
    expected = signature(function)
    if len(paths) != len(expected):
        name = function.sym_name.value
        raise OptimusError(f"@{name} takes {len(expected)} inputs, got {len(paths)} files")
    return [_load(Path(path), *argument) for path, argument in zip(paths, expected, strict=True)]


def signature(function: ir.OpView) -> Signature:
    """Shape and dtype of each argument; all must be tensors of static shape."""
    return [_shape_and_dtype(n, t, function) for n, t in enumerate(function.type.inputs)]


def _shape_and_dtype(
    number: int, argument: ir.Type, function: ir.OpView
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    where = f"argument {number} of @{function.sym_name.value}"
    if not isinstance(argument, ir.RankedTensorType) or not argument.has_static_shape:
        raise OptimusError(f"{where}: must be a tensor of static shape, is {argument}")
    dtype = numpy_dtype(argument.element_type)
    if dtype is None:
        raise OptimusError(f"{where}: NumPy has no type for the elements of {argument}")
    return tuple(argument.shape), dtype


def _random(random: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    if np.issubdtype(dtype, np.floating) or dtype == ml_dtypes.bfloat16:
        return random.standard_normal(shape).astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    lowest = -8 if dtype.kind == "i" and dtype.itemsize < 4 else 0
    return random.integers(lowest, 8, shape).astype(dtype)


def _load(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise OptimusError(f"{path}: {error.strerror or 'not a .npy file'}") from None
    except (ValueError, EOFError):
        raise OptimusError(f"{path}: not a .npy file of numbers") from None
    if not isinstance(array, np.ndarray):
        raise OptimusError(f"{path}: holds several arrays: save each in a .npy file of its own")
    if (array.shape, array.dtype) != (shape, dtype):
        raise OptimusError(
            f"{path}: must hold {dtype} of shape {list(shape)}, "
            f"got {array.dtype} of shape {list(array.shape)}"
        )
    return array
