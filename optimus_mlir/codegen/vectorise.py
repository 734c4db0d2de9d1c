"""Linalg ops on buffers become loops around blocks of vectors, one op at a time.

Before:  linalg.fill ins(%zero) outs(%c)            After:  scf.for .. { scf.for .. {
         linalg.matmul ins(%a, %b) outs(%c)                   %sums = scf.for .. iter_args(vectors) {
                                                                vector.load, broadcast, mul, add }
                                                              vector.store %sums } }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from optimus_mlir.codegen.blocking import VectorUnit
from optimus_mlir.codegen.blocks import BlockEmitter, Recipe
from optimus_mlir.codegen.bodies import Approximations, combination
from optimus_mlir.codegen.choice import best_choice
from optimus_mlir.codegen.linalg_nests import BufferNest, buffer_nest, fill_before, linalg_ops
from optimus_mlir.codegen.packed_ops import ALIGNMENT, PACKED, NewBuffer, pack
from optimus_mlir.codegen.packing import Packing
from optimus_mlir.mlir import ir, memref


@dataclass(frozen=True)
class Scalar:
    """An op that stays a loop over scalars, and why."""

    op: str
    reason: str
    location: ir.Location


def vectorise(root: ir.Operation, unit: VectorUnit) -> list[Scalar]:
    """Replace every linalg op inside `root` that has a block; the others are returned."""
    approximations = Approximations()
    ops = linalg_ops(root)
    left: list[Scalar] = []
    while ops:  # from the last one: a reduction takes over the fill before it
        op = ops.pop()
        found = choice_of(op, unit)
        if isinstance(found, str):
            left.append(Scalar(op.name, found, op.location))
            continue
        recipe, packings = found
        if packings:
            ops += pack(recipe.nest, packings, _on_the_stack(op))
            continue
        fill = fill_before(recipe.nest) if recipe.nest.nest.has_reduction else None
        if fill is not None:
            ops.remove(fill)
        _replace(recipe, fill, approximations)
    return left[::-1]


def choice_of(
    op: ir.Operation, unit: VectorUnit, steady: Mapping[int, float] | None = None
) -> tuple[Recipe, tuple[Packing, ...]] | str:
    """How to emit an op once its operands are packed, or why it stays scalar.

    `steady` says for how many calls each of its operands stays the same, if it does.
    """
    body = op.regions[0].blocks[0]
    if any(inner.operation.name == "linalg.index" for inner in body.operations):
        return "its body asks for loop indices"
    if any(len(inner.operation.regions) for inner in body.operations):
        return "its body has control flow"
    *computations, _ = body.operations
    if not all(len(inner.results) for inner in computations):
        return "its body checks each number by itself"  # cf.assert
    if any(
        isinstance(v.type, ir.ShapedType) for o in body.operations for v in o.operation.operands
    ):
        return "its body reads memory"
    if any(_is_packed(v.type) for v in op.operands):
        return "in a vector eight of its numbers share a byte, in memory they do not"
    nest = buffer_nest(op)
    if nest is None:
        return "it has several results, or a layout that is not known when compiling"
    combine = combination(nest.body)
    lanes = _lanes(nest, unit)
    choice = best_choice(
        nest.loops,
        lanes,
        unit,
        combines_lanes=combine is not None,
        may_pack=PACKED not in op.attributes,
        steady=_by_nest(nest, steady or {}),
    )
    if choice is None:
        return "neither its results nor what it reduces are neighbours in memory"
    nest = replace(nest, nest=choice.nest)
    return Recipe(nest, choice.blocking, lanes, unit.has_masks, combine, None), choice.packings


def _by_nest(nest: BufferNest, steady: Mapping[int, float]) -> dict[int, float]:
    """By the number that the nest gives to an operand, instead of the op's."""
    numbers = [argument.arg_number for argument in nest.arguments]
    return {at: steady[number] for at, number in enumerate(numbers) if number in steady}


def _is_packed(kind: ir.Type) -> bool:
    """Whether LLVM packs vectors of such elements: a mask in memory has a byte for each."""
    return isinstance(kind, ir.MemRefType) and getattr(kind.element_type, "width", 8) < 8


def _lanes(nest: BufferNest, unit: VectorUnit) -> int:
    """As many as the widest type that the op touches allows."""
    types = [getattr(value.type, "element_type", value.type) for value in nest.operands]
    bits = max(64 if isinstance(t, ir.IndexType) else t.width for t in types)
    return max(1, unit.vector_bytes * 8 // max(8, bits))


def _replace(recipe: Recipe, fill: ir.Operation | None, approximations: Approximations) -> None:
    op = recipe.nest.op
    if fill is not None:
        recipe = replace(recipe, initial=fill.operands[0])
    with ir.InsertionPoint(op), op.location:
        BlockEmitter(recipe, approximations).emit()
    op.erase()
    if fill is not None:
        fill.erase()


def _on_the_stack(op: ir.Operation) -> NewBuffer:
    """Memory for copies, for as long as the function runs."""
    while op.name != "func.func":
        op = op.parent.operation

    def buffer(kind: ir.MemRefType) -> ir.Value:
        with ir.InsertionPoint.at_block_begin(op.regions[0].blocks[0]), op.location:
            return memref.AllocaOp(kind, [], [], alignment=ALIGNMENT).result

    return buffer
