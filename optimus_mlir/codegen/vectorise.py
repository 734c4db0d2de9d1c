"""Linalg ops on buffers become loops around blocks of vectors, one op at a time.

Before:  linalg.fill ins(%zero) outs(%c)            After:  scf.for .. { scf.for .. {
         linalg.matmul ins(%a, %b) outs(%c)                   %sums = scf.for .. iter_args(vectors) {
                                                                vector.load, broadcast, mul, add }
                                                              vector.store %sums } }
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from optimus_mlir.codegen.blocking import VectorUnit
from optimus_mlir.codegen.blocks import BlockEmitter, Recipe
from optimus_mlir.codegen.bodies import Approximations, combination
from optimus_mlir.codegen.choice import best_choice
from optimus_mlir.codegen.copied_operands import packed
from optimus_mlir.codegen.linalg_nests import BufferNest, buffer_nest
from optimus_mlir.mlir import ir, linalg

VIEWS = frozenset({"memref.subview", "memref.cast", "memref.reinterpret_cast", "memref.view"})


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
        recipe = recipe_of(op, unit)
        if isinstance(recipe, str):
            left.append(Scalar(op.name, recipe, op.location))
            continue
        fill = _fill_before(recipe.nest) if recipe.nest.nest.has_reduction else None
        if fill is not None:
            ops.remove(fill)
        _replace(recipe, fill, unit, approximations)
    return left[::-1]


def recipe_of(op: ir.Operation, unit: VectorUnit) -> Recipe | str:
    """How to emit an op, or why it stays scalar."""
    body = op.regions[0].blocks[0]
    if any(inner.operation.name == "linalg.index" for inner in body.operations):
        return "its body asks for loop indices"
    if any(len(inner.operation.regions) for inner in body.operations):
        return "its body has control flow"
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
    choice = best_choice(nest.loops, lanes, unit, combines_lanes=combine is not None)
    if choice is None:
        return "neither its results nor what it reduces are neighbours in memory"
    nest = replace(nest, nest=choice.nest)
    return Recipe(nest, choice.blocking, choice.packings, lanes, unit.has_masks, combine, None)


def _is_packed(kind: ir.Type) -> bool:
    """Whether LLVM packs vectors of such elements: a mask in memory has a byte for each."""
    return isinstance(kind, ir.MemRefType) and getattr(kind.element_type, "width", 8) < 8


def _lanes(nest: BufferNest, unit: VectorUnit) -> int:
    """As many as the widest type that the op touches allows."""
    types = [getattr(value.type, "element_type", value.type) for value in nest.operands]
    bits = max(64 if isinstance(t, ir.IndexType) else t.width for t in types)
    return max(1, unit.vector_bytes * 8 // max(8, bits))


def _replace(
    recipe: Recipe, fill: ir.Operation | None, unit: VectorUnit, approximations: Approximations
) -> None:
    op = recipe.nest.op
    if fill is not None:
        recipe = replace(recipe, initial=fill.operands[0])
    with ir.InsertionPoint(op), op.location:
        copied = packed(recipe)
        BlockEmitter(copied.recipe, approximations).emit()
        copies = [*copied.copies, *copied.copy_back()]
    for copy in copies:
        copying = recipe_of(copy, unit)
        assert not isinstance(copying, str)
        _replace(copying, None, unit, approximations)
    op.erase()
    if fill is not None:
        fill.erase()


def linalg_ops(root: ir.Operation) -> list[ir.Operation]:
    """Every linalg op with a body inside `root`, in program order."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name.startswith("linalg.") and len(op.regions):
            found.append(op)
        return ir.WalkResult.ADVANCE

    root.walk(visit)
    return found


def _fill_before(nest: BufferNest) -> ir.Operation | None:
    """The fill of the nest's result that nothing has touched since."""
    buffer = _buffer(nest.result)
    found: ir.Operation | None = None
    for op in nest.op.block.operations:
        if op.operation == nest.op:
            return found
        if isinstance(op, linalg.FillOp) and op.operands[1] == nest.result:
            found = op.operation
        elif op.operation.name not in VIEWS and any(_buffer(v) == buffer for v in op.operands):
            found = None
    return found


def _buffer(value: ir.Value) -> ir.Value:
    """What a view is a view of."""
    while not isinstance(value.owner, ir.Block) and value.owner.name in VIEWS:
        value = value.owner.operands[0]
    return value
