"""The copies that a recipe packs its operands into, as linalg ops before and after its nest."""

from __future__ import annotations

from dataclasses import dataclass, replace

from optimus_mlir.codegen.blocks import Recipe
from optimus_mlir.codegen.packing import Packing
from optimus_mlir.mlir import arith, ir, linalg, memref

ALIGNMENT = 64


@dataclass(frozen=True)
class Packed:
    """A recipe over copies, the ops that fill these, and what is copied back in the end, where to."""

    recipe: Recipe
    copies: tuple[ir.Operation, ...]
    results: tuple[tuple[ir.Value, ir.Value], ...]

    def copy_back(self) -> list[ir.Operation]:
        return [_copy(packed, box) for packed, box in self.results]


def packed(recipe: Recipe) -> Packed:
    """The recipe with its packings done here. A result is read if its reductions go on from it."""
    nest = recipe.nest
    operands, starts = list(nest.operands), list(nest.starts)
    copies: list[ir.Operation] = []
    results: list[tuple[ir.Value, ir.Value]] = []
    for packing in recipe.packings:
        number = packing.operand
        is_result = number == nest.nest.result
        box = _box(packing, operands[number], starts[number])
        operands[number], starts[number] = _buffer(packing, operands[number], nest.op), 0
        if is_result:
            results.append((operands[number], box))
        if not is_result or recipe.initial is None:
            copies.append(_copy(box, operands[number]))
    moved = replace(nest, operands=tuple(operands), starts=tuple(starts))
    return Packed(replace(recipe, nest=moved), tuple(copies), tuple(results))


def _copy(source: ir.Value, target: ir.Value) -> ir.Operation:
    return linalg.copy(source, outs=[target]).owner.operation


def _buffer(packing: Packing, operand: ir.Value, op: ir.Operation) -> ir.Value:
    """Memory for a copy, for as long as the function runs: on the stack."""
    shape = [extent for extent, _ in packing.dimensions]
    kind = ir.MemRefType.get(shape, operand.type.element_type)
    with ir.InsertionPoint.at_block_begin(_function(op).regions[0].blocks[0]):
        return memref.AllocaOp(kind, [], [], alignment=ALIGNMENT).result


def _function(op: ir.Operation) -> ir.Operation:
    while op.name != "func.func":
        op = op.parent.operation
    return op


def _box(packing: Packing, operand: ir.Value, start: int) -> ir.Value:
    """What is copied, as a view of the operand; neighbours in it may be the same element."""
    sizes, strides = (list(numbers) for numbers in zip(*packing.dimensions, strict=True))
    anywhere = ir.ShapedType.get_dynamic_stride_or_offset()
    layout = ir.StridedLayoutAttr.get(anywhere, strides)
    kind = ir.MemRefType.get(sizes, operand.type.element_type, layout, operand.type.memory_space)
    base, offset, *_ = memref.ExtractStridedMetadataOp(operand).results
    constant = arith.ConstantOp(ir.IndexType.get(), start).result
    at = arith.addi(offset, constant)
    return memref.ReinterpretCastOp(kind, base, [at], [], [], [anywhere], sizes, strides).result
