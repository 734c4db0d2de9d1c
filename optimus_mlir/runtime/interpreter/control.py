"""Programs as a host and a sequencer run them: functions, loops, addresses, and plain memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from optimus_mlir.errors import OptimusError, PassFailure
from optimus_mlir.mlir import arith, ir
from optimus_mlir.mlir.constants import Array, read_constants
from optimus_mlir.runtime.interpreter.bodies import checks, load, no_meaning
from optimus_mlir.runtime.interpreter.memory import Box, copy, fresh, inside
from optimus_mlir.runtime.interpreter.nests import Nest, Values, nest_of, run_nest
from optimus_mlir.runtime.interpreter.scalars import meaning

TERMINATORS = frozenset({"func.return", "scf.yield", "accel.end"})


class Sequencer:
    """Runs functions. `operations` may be given the ops of more dialects."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self.functions = dict(_named(module, "func.func"))
        self.globals = dict(_named(module, "memref.global"))
        self.operations: dict[str, Callable[[ir.Operation, Values], None]] = {
            "func.call": self._call,
            "scf.for": self._for,
            "scf.if": self._if,
            "memref.get_global": self._get_global,
        }
        self._weights: dict[str, Box] = {}
        self._nests: dict[ir.Operation, Nest | None] = {}

    def call(self, name: str, arguments: Sequence[Any]) -> list[Any]:
        blocks = self.functions[name].regions[0].blocks
        if not blocks:
            raise OptimusError(f"@{name} is called but nowhere defined")
        return self.run(blocks[0], dict(zip(blocks[0].arguments, arguments, strict=True)))

    def run(self, block: ir.Block, values: Values) -> list[Any]:
        """What the block ends with; `values` gets the results of its ops."""
        for view in block.operations:
            op = view.operation
            if op.name in TERMINATORS:
                return [values[operand] for operand in op.operands]
            self.step(op, values)
        return []

    def step(self, op: ir.Operation, values: Values) -> None:
        if op.name in self.operations:
            self.operations[op.name](op, values)
        elif op.name in MEMORY:
            result = MEMORY[op.name](op, [values[operand] for operand in op.operands])
            if result is not None:
                values[op.results[0]] = result
        elif op.name.startswith("linalg."):
            self._linalg(op, values)
        elif (compute := meaning(op)) is not None:
            values[op.results[0]] = compute(*(values[operand] for operand in op.operands))
        else:
            raise no_meaning(op)

    def nest(self, op: ir.Operation) -> Nest | None:
        if op not in self._nests:
            self._nests[op] = nest_of(op)
        return self._nests[op]

    def _linalg(self, op: ir.Operation, values: Values) -> None:
        if (nest := self.nest(op)) is None:
            raise no_meaning(op)
        run_nest(nest, [values[operand] for operand in op.operands], values)

    def _call(self, op: ir.Operation, values: Values) -> None:
        callee = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
        results = self.call(callee, [values[operand] for operand in op.operands])
        values.update(zip(op.results, results, strict=True))

    def _for(self, op: ir.Operation, values: Values) -> None:
        low, high, step, *carried = [values[operand] for operand in op.operands]
        block = op.regions[0].blocks[0]
        for i in range(int(low), int(high), int(step)):
            values.update(zip(block.arguments, [np.int64(i), *carried], strict=True))
            carried = self.run(block, values)
        values.update(zip(op.results, carried, strict=True))

    def _if(self, op: ir.Operation, values: Values) -> None:
        region = op.regions[0 if values[op.operands[0]] else 1]
        results = self.run(region.blocks[0], values) if region.blocks else []
        values.update(zip(op.results, results, strict=True))

    def _get_global(self, op: ir.Operation, values: Values) -> None:
        name = ir.FlatSymbolRefAttr(op.attributes["name"]).value
        if name not in self._weights:
            self._weights[name] = Box(_value_of(self.globals[name], op))
        values[op.results[0]] = self._weights[name]


def _named(module: ir.Module, kind: str) -> Iterator[tuple[str, ir.Operation]]:
    for op in module.body.operations:
        if op.operation.name == kind:
            yield ir.StringAttr(op.operation.attributes["sym_name"]).value, op.operation


def _value_of(variable: ir.Operation, use: ir.Operation) -> Array:
    """The initial value of a global, by way of a constant, which is what can be read."""
    kind = use.results[0].type
    if "initial_value" not in variable.attributes:
        return fresh(kind).elements
    with ir.InsertionPoint(use), use.location:
        tensor = ir.RankedTensorType.get(kind.shape, kind.element_type)
        constant = arith.ConstantOp(tensor, variable.attributes["initial_value"])
    try:
        return read_constants([constant])[0]
    finally:
        constant.operation.erase()


# Memory and addresses -----------------------------------------------------------------------------


def _numbers(op: ir.Operation, name: str, dynamic: Iterator[Any]) -> list[int]:
    """A list that is partly static: its holes are the next operands."""
    hole = ir.ShapedType.get_dynamic_stride_or_offset()
    static = ir.DenseI64ArrayAttr(op.attributes[f"static_{name}"])
    return [int(next(dynamic)) if n == hole else n for n in static]


def _subview(op: ir.Operation, operands: list[Any]) -> Box:
    source, *dynamic = operands
    rest = iter(dynamic)
    offsets, sizes, strides = (_numbers(op, n, rest) for n in ("offsets", "sizes", "strides"))
    try:
        return source.part(offsets, sizes, strides).reshaped(op.results[0].type.shape)
    except OptimusError as error:
        raise PassFailure(op.location, str(error)) from None


def _transpose(op: ir.Operation, operands: list[Any]) -> Box:
    permutation = ir.AffineMapAttr(op.attributes["permutation"]).value
    axes = [result.position for result in permutation.results]
    return operands[0].viewed(operands[0].elements.transpose(axes))


def _store(_: ir.Operation, operands: list[Any]) -> None:
    value, box, *indices = operands
    box.elements[inside(box, indices)] = value


def _affine(op: ir.Operation, operands: list[Any]) -> Any:
    map_ = ir.AffineMapAttr(op.attributes["map"]).value
    dims, symbols = operands[: map_.n_dims], operands[map_.n_dims :]
    choose = {"affine.apply": max, "affine.min": min, "affine.max": max}[op.name]
    return np.int64(choose(_affine_value(e, dims, symbols) for e in map_.results))


def _affine_value(e: Any, dims: Sequence[Any], symbols: Sequence[Any]) -> int:
    if isinstance(e, ir.AffineConstantExpr):
        return e.value
    if isinstance(e, ir.AffineDimExpr):
        return int(dims[e.position])
    if isinstance(e, ir.AffineSymbolExpr):
        return int(symbols[e.position])
    a, b = (_affine_value(part, dims, symbols) for part in (e.lhs, e.rhs))
    return AFFINE[type(e)](a, b)


AFFINE: dict[type, Callable[[int, int], int]] = {
    ir.AffineAddExpr: lambda a, b: a + b,
    ir.AffineMulExpr: lambda a, b: a * b,
    ir.AffineModExpr: lambda a, b: a % b,
    ir.AffineFloorDivExpr: lambda a, b: a // b,
    ir.AffineCeilDivExpr: lambda a, b: -(-a // b),
}

MEMORY: dict[str, Callable[[ir.Operation, list[Any]], Any]] = {
    "memref.alloc": lambda op, _: fresh(op.results[0].type),
    "memref.alloca": lambda op, _: fresh(op.results[0].type),
    "memref.dealloc": lambda _, __: None,
    "memref.copy": lambda _, operands: copy(*operands),
    "memref.subview": _subview,
    "memref.cast": lambda _, operands: operands[0],
    "memref.memory_space_cast": lambda _, operands: operands[0],
    "memref.collapse_shape": lambda op, operands: operands[0].reshaped(op.results[0].type.shape),
    "memref.expand_shape": lambda op, operands: operands[0].reshaped(op.results[0].type.shape),
    "memref.transpose": _transpose,
    "memref.load": lambda _, operands: load(*operands),
    "memref.store": _store,
    "cf.assert": lambda op, operands: checks(op)(*operands),
    "memref.dim": lambda _, operands: np.int64(operands[0].elements.shape[int(operands[1])]),
    "affine.apply": _affine,
    "affine.min": _affine,
    "affine.max": _affine,
}
