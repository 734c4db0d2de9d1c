"""The scalar body of a linalg op on vectors: the same ops, on wider types."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from optimus_mlir.codegen.operands import broadcast, vector_of
from optimus_mlir.mlir import arith, ir

APPROXIMATED = {"math.exp": "exp", "math.erf": "erf"}
"""Ops without a vector instruction, and their functions in approximations.mlir."""

FUSED_WITH_NEIGHBOURS = (arith.MulFOp, arith.AddFOp, arith.SubFOp)
TERMINATORS = ("linalg.yield", "func.return")


@dataclass(frozen=True)
class Combination:
    """How a reduction joins two partial results: an op, its vector reduction, its neutral value."""

    op: str
    reduction: str
    neutral: float

    def join(self, a: ir.Value, b: ir.Value) -> ir.Value:
        return ir.Operation.create(self.op, results=[a.type], operands=[a, b]).result

    def neutral_constant(self, element: ir.Type) -> ir.Value:
        return arith.ConstantOp(element, self.neutral).result


COMBINATIONS = {
    name: Combination(name, reduction, neutral)
    for name, reduction, neutral in (
        ("arith.addf", "add", 0.0),
        ("arith.addi", "add", 0),
        ("arith.mulf", "mul", 1.0),
        ("arith.maximumf", "maximumf", -math.inf),
        ("arith.minimumf", "minimumf", math.inf),
        ("arith.maxnumf", "maxnumf", -math.inf),
        ("arith.minnumf", "minnumf", math.inf),
    )
}


def combination(body: ir.Block) -> Combination | None:
    """How partial results are joined if the body is `result = join(result, f(inputs))`."""
    *_, terminator = body.operations
    accumulator = body.arguments[len(body.arguments) - 1]
    last = terminator.operands[0].owner
    if isinstance(last, ir.Block) or accumulator not in list(last.operands):
        return None
    return COMBINATIONS.get(last.name) if len(list(accumulator.uses)) == 1 else None


class Approximations:
    """Bodies for ops that have no vector instruction, as functions of one f32."""

    def __init__(self) -> None:
        self._module: ir.Module | None = None

    def body(self, op: ir.Operation) -> ir.Block | None:
        """What replaces the op; None if the op itself is fine."""
        if op.name not in APPROXIMATED or not isinstance(op.results[0].type, ir.F32Type):
            return None
        module = self._module
        if module is None:
            source = files("optimus_mlir.codegen") / "approximations.mlir"
            module = self._module = ir.Module.parse(source.read_text(), op.context)
        function = ir.SymbolTable(module.operation)[APPROXIMATED[op.name]]
        return function.regions[0].blocks[0]


class WideBody:
    """Evaluates a body on scalars and vectors of one width; what is scalar stays scalar."""

    def __init__(self, width: int, approximations: Approximations) -> None:
        self.width = width
        self.approximations = approximations
        self._broadcast: dict[ir.Value, ir.Value] = {}

    def evaluate(
        self, body: ir.Block, arguments: Sequence[ir.Value], values: Sequence[ir.Value]
    ) -> ir.Value:
        """What the body yields when its `arguments` have these values."""
        known = dict(zip(arguments, values, strict=True))
        for op in body.operations:
            operands = [known.get(value, value) for value in op.operands]
            if op.operation.name in TERMINATORS:
                return operands[0]
            known.update(zip(op.results, self._results(op.operation, operands), strict=True))
        raise AssertionError("a body ends in a terminator")

    def _results(self, op: ir.Operation, operands: list[ir.Value]) -> Sequence[ir.Value]:
        if block := self.approximations.body(op):
            return [self.evaluate(block, list(block.arguments), operands)]
        types = [result.type for result in op.results]
        if any(isinstance(value.type, ir.VectorType) for value in operands):
            operands = [self._wide(value) for value in operands]
            types = [vector_of(self.width, kind) for kind in types]
        attributes = {name: op.attributes[name] for name in op.attributes}
        if isinstance(op.opview, FUSED_WITH_NEIGHBOURS):
            attributes["fastmath"] = ir.Attribute.parse("#arith.fastmath<contract>")
        return ir.Operation.create(
            op.name, results=types, operands=operands, attributes=attributes
        ).results

    def _wide(self, value: ir.Value) -> ir.Value:
        if value not in self._broadcast:
            self._broadcast[value] = broadcast(value, self.width)
        return self._broadcast[value]
