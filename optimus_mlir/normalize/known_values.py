"""The values of a program that are known when it is compiled, read when they are asked for."""

from typing import Any

import numpy as np

from optimus_mlir.analysis.structured import is_fill, producer, structured_producer
from optimus_mlir.mlir import arith, ir
from optimus_mlir.mlir.constants import Array, numpy_dtype, read_constants


class KnownValues:
    """Constants, fills with constants, and whatever was evaluated from them.

    A weight is read when its elements are asked for, which takes time; `in` does not. The array
    of a scalar has no axes.
    """

    def __init__(self) -> None:
        self._arrays: dict[ir.Value, Array] = {}

    def __setitem__(self, value: ir.Value, array: Array) -> None:
        self._arrays[value] = array

    def __contains__(self, value: ir.Value) -> bool:
        if value in self._arrays or _is_constant(value):
            return True
        return (scalar := _filled_with(value)) is not None and scalar in self

    def get(self, value: ir.Value) -> Array | None:
        if value not in self:
            return None
        return self[value]

    def __getitem__(self, value: ir.Value) -> Array:
        if value not in self._arrays:
            self._arrays[value] = self._read(value)
        return self._arrays[value]

    def _read(self, value: ir.Value) -> Array:
        if (scalar := _filled_with(value)) is not None:
            return np.broadcast_to(self[scalar], value.type.shape)
        if isinstance(value.type, ir.RankedTensorType):
            return read_constants([value.owner.opview])[0]
        return np.array(constant_value(value).value, numpy_dtype(value.type))


def is_constant(value: ir.Value) -> bool:
    return isinstance(producer(value), arith.ConstantOp)


def constant_value(constant: ir.Value) -> Any:
    """The attribute of a value that `is_constant`."""
    return constant.owner.attributes["value"]


def repeated_scalar(value: ir.Value) -> ir.Value | None:
    """The scalar that every element is, if that is known; a new constant if need be."""
    if (scalar := _filled_with(value)) is not None:
        return scalar
    if not is_constant(value):
        return None
    elements = constant_value(value)
    if not isinstance(elements, ir.DenseElementsAttr) or not elements.is_splat:
        return None
    splat = elements.get_splat_value()
    return arith.ConstantOp(splat.type, splat).result


def name_of(value: ir.Value) -> str:
    """What the user called the weight that `value` holds; "constant" if it is not known."""
    if not is_constant(value):
        return "constant"
    text = str(constant_value(value))  # only the name: the bindings have no other way
    kind, _, rest = text.partition("<")
    return rest.partition(">")[0].strip('"') if kind == "dense_resource" else "constant"


def _is_constant(value: ir.Value) -> bool:
    if not is_constant(value):
        return False
    kind = value.type
    element = kind.element_type if isinstance(kind, ir.RankedTensorType) else kind
    return not isinstance(kind, ir.VectorType) and numpy_dtype(element) is not None


def _filled_with(value: ir.Value) -> ir.Value | None:
    view = structured_producer(value)
    return view.operands[0] if view and is_fill(view) else None
