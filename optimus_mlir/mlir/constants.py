"""The values of constants as NumPy arrays, and back, without a detour through Python numbers.

The bindings give a buffer for `dense<...>` but none for `dense_resource<...>`, which holds the
weights: those are cut out of bytecode (`bytecode.py`), about 0.1 s for the 47 MB of a ResNet-18.
"""

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
from torch_mlir import ir

from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir.bytecode import resource_bytes

Array = np.ndarray[Any, np.dtype[Any]]

MOST_INLINE_ELEMENTS = 16  # more are not printed inside the op that uses them

DTYPE_OF_ELEMENT = {
    "bf16": ml_dtypes.bfloat16,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "i1": np.bool_,  # one byte each
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "ui8": np.uint8,
    "index": np.int64,
}


def read_constants(ops: Sequence[ir.OpView]) -> list[Array]:
    """The tensors that `arith.constant` ops hold; they stay valid after the module is gone."""
    return [_read_constant(op) for op in ops]


def constant_attribute(
    array: Array, name: str, context: ir.Context, element_type: ir.Type | None = None
) -> ir.Attribute:
    """`array` as an attribute: inline if it is small or uniform, else a resource called `name`.

    Integers become signless unless `element_type` says otherwise (index, say). A resource shares
    the array's memory, which must not change any more; a taken name gets a number appended.
    """
    array = np.ascontiguousarray(array).reshape(array.shape)  # the former makes 0-d arrays 1-d
    with context, ir.Location.unknown():
        element_type = element_type or _element_type(array.dtype)
        tensor_type = ir.RankedTensorType.get(array.shape, element_type)
        if array.size <= MOST_INLINE_ELEMENTS or _is_uniform(array):
            return ir.DenseElementsAttr.get(_as_bits(array), type=tensor_type)
        return ir.DenseResourceElementsAttr.get_from_buffer(array, name, tensor_type)


def _as_bits(array: Array) -> Array:
    """bf16 as integers, since the bindings know it by no other NumPy type."""
    return array.view(np.int16) if array.dtype == ml_dtypes.bfloat16 else array


def numpy_dtype(element: ir.Type) -> np.dtype[Any] | None:
    """The dtype whose bytes are those of this element type; None if NumPy has none."""
    dtype = DTYPE_OF_ELEMENT.get(str(element))
    return None if dtype is None else np.dtype(dtype)


def _read_constant(op: ir.OpView) -> Array:
    attribute = op.attributes["value"]
    if isinstance(attribute, ir.DenseElementsAttr):
        return _copy_of_dense(attribute, op)
    if is_resource(attribute):
        return _copy_of_resource(ir.ShapedType(attribute.type), op)
    raise PassFailure(op.location, f"not a constant tensor: {attribute.type}")


def is_resource(attribute: ir.Attribute) -> bool:
    """Whether this is a `dense_resource<...>`, which `op.attributes` returns without its class."""
    try:
        ir.DenseResourceElementsAttr(attribute)
    except ValueError:
        return False
    return True


def _copy_of_dense(attribute: ir.DenseElementsAttr, op: ir.OpView) -> Array:
    shaped = ir.ShapedType(attribute.type)
    dtype = _dtype(shaped.element_type, op)
    if dtype == ml_dtypes.bfloat16:
        return _copy_of_bf16(attribute, shaped)
    return _dense_values(attribute, dtype)


def _dense_values(attribute: ir.DenseElementsAttr, dtype: np.dtype[Any]) -> Array:
    if attribute.is_splat:  # its buffer has no axis for a 0-d tensor, and strides that are no use
        shape = ir.ShapedType(attribute.type).shape
        return np.full(shape, _one_element(attribute), dtype)
    return np.array(attribute, dtype)


def _copy_of_bf16(attribute: ir.DenseElementsAttr, shaped: ir.ShapedType) -> Array:
    """The bindings cannot read bf16: MLIR converts it to f32, which is exact."""
    from torch_mlir.dialects import arith, func
    from torch_mlir.passmanager import PassManager

    with attribute.context, ir.Location.unknown():
        module, wide = ir.Module.create(), ir.RankedTensorType.get(shaped.shape, ir.F32Type.get())
        with ir.InsertionPoint(module.body):
            function = func.FuncOp("values", ([], [wide]))
        with ir.InsertionPoint(function.add_entry_block()):
            func.ReturnOp([arith.ExtFOp(wide, arith.ConstantOp(attribute.type, attribute)).result])
        PassManager.parse("builtin.module(canonicalize)").run(module.operation)
        converted = function.entry_block.operations[0].attributes["value"]
    return _dense_values(converted, np.dtype(np.float32)).astype(ml_dtypes.bfloat16)


def _one_element(attribute: ir.DenseElementsAttr) -> Any:
    return np.asarray(attribute).flat[0]


def _copy_of_resource(shaped: ir.ShapedType, op: ir.OpView) -> Array:
    dtype = _dtype(shaped.element_type, op)
    length = int(np.prod(shaped.shape, dtype=np.int64)) * dtype.itemsize
    blob = resource_bytes(op.attributes["value"], length)
    if len(blob) != length:
        raise PassFailure(
            op.location,
            f"{op.attributes['value']} has {len(blob)} bytes of values: "
            "save the module with its weights (nothing elided)",
        )
    return np.frombuffer(blob, dtype).reshape(shaped.shape)


def _is_uniform(array: Array) -> bool:
    """Whether all elements have the same bits (0.0 and -0.0 differ, NaN equals itself)."""
    bits = array.reshape(-1).view(f"u{array.dtype.itemsize}")
    return bool((bits == bits[0]).all())


def _dtype(element: ir.Type, op: ir.OpView) -> np.dtype[Any]:
    if (dtype := numpy_dtype(element)) is None:
        known = ", ".join(DTYPE_OF_ELEMENT)
        raise PassFailure(op.location, f"no values of type {element}: convert to one of {known}")
    return dtype


def _element_type(dtype: np.dtype[Any]) -> ir.Type:
    if dtype == ml_dtypes.bfloat16:
        return ir.BF16Type.get()
    if dtype.kind == "f":
        return {2: ir.F16Type, 4: ir.F32Type, 8: ir.F64Type}[dtype.itemsize].get()
    return ir.IntegerType.get_signless(1 if dtype.kind == "b" else 8 * dtype.itemsize)
