"""Cloning ops into another function, with everything free of cost that they stand on."""

from __future__ import annotations

from torch_mlir import ir

REBUILT = frozenset(
    {
        *("arith.constant", "tensor.empty", "linalg.fill", "tensor.pad", "tensor.collapse_shape"),
        *("tensor.concat", "tensor.extract_slice", "tensor.insert_slice"),
        *("memref.alloc", "memref.subview", "memref.cast"),
    }
)


class Cloner:
    """Clones ops at the current insertion point, mapping old values to new ones.

    Constants, empty tensors, fills and views are cloned on demand: no function needs them as
    arguments. `values` starts as what the new function's arguments stand for.
    """

    def __init__(self, values: dict[ir.Value, ir.Value]) -> None:
        self.values = values

    def clone(self, op: ir.Operation) -> ir.Operation:
        for value in values_read(op):
            if value not in self.values and _is_rebuilt(value.owner):
                self.clone(value.owner)
        copy = op.clone().operation
        _remap(copy, self.values)
        self.values.update(zip(op.results, copy.results, strict=True))
        return copy


def _is_rebuilt(owner: ir.Operation | ir.Block) -> bool:
    return not isinstance(owner, ir.Block) and owner.name in REBUILT


def values_read(op: ir.Operation) -> list[ir.Value]:
    """Every value from outside that `op` or an op inside it uses."""
    return [user.operands[number] for user, number in uses_from_outside(op)]


def uses_from_outside(op: ir.Operation) -> list[tuple[ir.Operation, int]]:
    """The operands of `op`, and of the ops in its regions, that are defined elsewhere."""
    own: set[ir.Value] = set()
    uses: list[tuple[ir.Operation, int]] = []

    def visit(inner: ir.Operation) -> ir.WalkResult:
        uses.extend((inner, n) for n, value in enumerate(inner.operands) if value not in own)
        own.update(inner.results)
        own.update(a for region in inner.regions for b in region.blocks for a in b.arguments)
        return ir.WalkResult.ADVANCE

    op.walk(visit, ir.WalkOrder.PRE_ORDER)
    return uses


def _remap(op: ir.Operation, values: dict[ir.Value, ir.Value]) -> None:
    def visit(inner: ir.Operation) -> ir.WalkResult:
        for number, operand in enumerate(inner.operands):
            if operand in values:
                inner.operands[number] = values[operand]
        return ir.WalkResult.ADVANCE

    op.walk(visit)
