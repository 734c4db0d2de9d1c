"""Buffers: what the values of memref types stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array

UNTOUCHED = 0xFF  # a byte that nobody wrote: NaN as a float, -1 as an integer


@dataclass(frozen=True, eq=False)
class Box:
    """Elements of a memory, at any strides: `elements` is a view, so that to write it is to write there.

    `argument` is the number of the launched program's argument that it is a part of, `buffer` that
    of its buffer in the scratchpad; None for memory that is not one of these.
    """

    elements: Array
    argument: int | None = None
    buffer: int | None = None

    def viewed(self, elements: Array) -> Box:
        """Other elements of the same memory."""
        assert elements.size == 0 or np.may_share_memory(elements, self.elements), "a copy"
        return replace(self, elements=elements)

    def part(self, offsets: Sequence[int], sizes: Sequence[int], strides: Sequence[int]) -> Box:
        """The box of `sizes` elements from `offsets` on, every `strides`-th; it must lie inside."""
        for axis, (begin, size, stride) in enumerate(zip(offsets, sizes, strides, strict=True)):
            last, extent = begin + (size - 1) * stride, self.elements.shape[axis]
            if size and not (0 <= begin < extent and 0 <= last < extent):
                raise OptimusError(
                    f"elements {begin} to {last} of axis {axis}, which has {extent}: "
                    "the program reaches out of a buffer"
                )
        ranges = zip(offsets, sizes, strides, strict=True)
        return self.viewed(self.elements[tuple(slice(b, b + n * s, s) for b, n, s in ranges)])

    def reshaped(self, shape: Sequence[int]) -> Box:
        return self.viewed(self.elements.reshape(tuple(shape)))


def fresh(kind: ir.MemRefType) -> Box:
    """A buffer of its own, as the host or a kernel allocates it."""
    elements = np.empty(kind.shape, element_dtype(kind.element_type))
    elements.reshape(-1).view(np.uint8)[...] = UNTOUCHED
    return Box(elements)


def inside(box: Box, indices: Sequence[Any]) -> tuple[Any, ...]:
    """The indices of elements, which must be there."""
    for index, extent in zip(indices, box.elements.shape, strict=True):
        if np.any((np.asarray(index) < 0) | (np.asarray(index) >= extent)):
            raise OptimusError(f"element {index} of an axis of {extent}: there is none")
    return tuple(indices)


def copy(source: Box, target: Box) -> None:
    """As if through a temporary, as NumPy assigns: the two may overlap."""
    target.elements[...] = source.elements


def spoil(box: Box) -> None:
    """Fill it with what stands for bytes that nobody wrote."""
    dtype = box.elements.dtype
    box.elements[...] = np.full(dtype.itemsize, UNTOUCHED, np.uint8).view(dtype)[0]


def element_dtype(element: ir.Type) -> np.dtype[Any]:
    """The NumPy type of elements or scalars."""
    import ml_dtypes  # NumPy itself has no bfloat16

    dtypes: dict[str, Any] = {
        "index": np.int64,
        "i1": np.bool_,
        "bf16": ml_dtypes.bfloat16,
        "f16": np.float16,
        "f32": np.float32,
        "f64": np.float64,
    }
    name = str(element)
    if name in dtypes:
        return np.dtype(dtypes[name])
    if isinstance(element, ir.IntegerType) and element.width in (8, 16, 32, 64):
        return np.dtype(f"{'u' if element.is_unsigned else 'i'}{element.width // 8}")
    raise OptimusError(f"NumPy has no type for the elements {element}")
