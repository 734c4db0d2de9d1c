"""Linalg ops as loops around a body: each operand is read, and the result written, through a map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from optimus_mlir.mlir import func, ir, linalg, tensor

Read = tuple[ir.Value, ir.AffineMap]
"""A tensor or scalar, and the map from the loops to its element."""


@dataclass(frozen=True)
class Structured:
    """A linalg op, named or generic, on tensors of static shape with one result.

    `maps` and `arguments` (of the body) belong to the operands in order; the last operand is the
    initial value of the result.
    """

    op: ir.OpView
    maps: tuple[ir.AffineMap, ...]

    @property
    def operands(self) -> list[ir.Value]:
        return list(self.op.operands)

    @property
    def initial(self) -> ir.Value:
        return self.op.operands[len(self.maps) - 1]

    @property
    def result(self) -> ir.OpResult:
        return self.op.results[0]

    @property
    def body(self) -> ir.Block:
        return self.op.regions[0].blocks[0]

    @property
    def arguments(self) -> list[ir.BlockArgument]:
        return list(self.body.arguments)

    @property
    def computations(self) -> list[ir.OpView]:
        """The ops of the body without its `linalg.yield`."""
        return list(self.body.operations)[:-1]

    @property
    def yielded(self) -> ir.Value:
        return list(self.body.operations)[-1].operands[0]

    @property
    def reads_initial(self) -> bool:
        return is_used(self.arguments[-1])

    @property
    def is_elementwise(self) -> bool:
        """Whether each element of the result is computed once, in place, by more than a copy."""
        return is_identity(self.maps[-1]) and bool(self.computations)

    def reads(self) -> list[Read]:
        """The operands that the body may look at: without an initial value that it ignores."""
        everything = list(zip(self.operands, self.maps, strict=True))
        return everything if self.reads_initial else everything[:-1]

    def identity_reads(self) -> Iterator[int]:
        """The operands in `reads` with an element, of any type, for each of an elementwise result."""
        for number, (value, indexing) in enumerate(self.reads()):
            if isinstance(value.type, ir.RankedTensorType) and is_identity(indexing):
                yield number


def structured(op: ir.OpView | ir.Operation) -> Structured | None:
    """The op as loops, or None if it is not one of linalg's with a single result."""
    op = op.operation.opview
    if len(op.results) != 1 or not isinstance(op.results[0].type, ir.RankedTensorType):
        return None
    if (maps := linalg.get_indexing_maps(op)) is None:
        return None
    view = Structured(op, tuple(each.value for each in maps))
    same_count = len(view.arguments) == len(op.operands) == len(view.maps)
    return view if same_count else None


def is_fill(view: Structured) -> bool:
    """Whether every element of the result is one scalar."""
    return not view.computations and view.maps[0].n_inputs > 0 and not view.maps[0].results


def is_permutation(view: Structured) -> bool:
    """Whether the op only moves the elements of one tensor to other places."""
    if view.computations or len(view.maps) != 2 or view.yielded != view.arguments[0]:
        return False
    dims = dims_of(view.maps[0])
    return is_identity(view.maps[-1]) and dims is not None and len(dims) == view.maps[-1].n_dims


def needs_positions(view: Structured) -> bool:
    """Whether the body asks where it is, or picks elements of a tensor: no map describes that."""
    return any(isinstance(op, tensor.ExtractOp | linalg.IndexOp) for op in view.computations)


def producer(value: ir.Value) -> Any:
    """The op that `value` is a result of; None for an argument."""
    return None if isinstance(value.owner, ir.Block) else value.owner.opview


def structured_producer(value: ir.Value) -> Structured | None:
    op = producer(value)
    return None if op is None else structured(op)


def top_level_ops(module: ir.Module) -> Iterator[ir.OpView]:
    """The ops that stand directly in functions: those that run whenever the function does."""
    for function in list(module.body.operations):
        if isinstance(function, func.FuncOp) and not function.is_external:
            for block in function.regions[0].blocks:
                yield from list(block.operations)


def is_identity(indexing: ir.AffineMap) -> bool:
    return indexing == ir.AffineMap.get_identity(indexing.n_dims)


def dims_of(indexing: ir.AffineMap) -> list[int] | None:
    """The loop behind each axis if every axis has one of its own; else None."""
    if not all(isinstance(axis, ir.AffineDimExpr) for axis in indexing.results):
        return None
    dims = [axis.position for axis in indexing.results]
    return dims if len(set(dims)) == len(dims) else None


def is_used(value: ir.Value) -> bool:
    return any(True for _ in value.uses)


def has_one_use(value: ir.Value) -> bool:
    return sum(1 for _ in value.uses) == 1


def empty_like(value: ir.Value) -> ir.Value:
    return tensor.EmptyOp(value.type.shape, value.type.element_type).result


def elementwise(reads: Sequence[Read], initial: ir.Value) -> linalg.GenericOp:
    """A generic op of parallel loops over its result, whose body is still empty.

    Its block arguments are those of `reads`, then that of `initial`, which has the result's shape.
    """
    rank = initial.type.rank
    return generic([*reads, (initial, ir.AffineMap.get_identity(rank))], [PARALLEL] * rank)


PARALLEL, REDUCTION = "parallel", "reduction"


def generic(operands: Sequence[Read], kinds: Sequence[str]) -> linalg.GenericOp:
    """A generic op whose body is still empty, at the current insertion point; the start comes last."""
    *reads, (initial, _) = operands
    op = linalg.GenericOp(
        [initial.type],
        [value for value, _ in reads],
        [initial],
        indexing_maps=ir.ArrayAttr.get([ir.AffineMapAttr.get(m) for _, m in operands]),
        iterator_types=ir.ArrayAttr.get(
            [ir.Attribute.parse(f"#linalg.iterator_type<{kind}>") for kind in kinds]
        ),
    )
    elements = [element_type(value) for value in op.operands]
    op.regions[0].blocks.append(*elements, arg_locs=[op.location] * len(elements))
    return op


def loop_kinds(view: Structured) -> list[str]:
    """Parallel where the result moves with the loop, else reduction."""
    written = view.maps[-1].results
    parallel = {axis.position for axis in written if isinstance(axis, ir.AffineDimExpr)}
    return [PARALLEL if d in parallel else REDUCTION for d in range(view.maps[-1].n_dims)]


def element_type(value: ir.Value) -> ir.Type:
    return value.type.element_type if isinstance(value.type, ir.RankedTensorType) else value.type


def move_body(view: Structured, arguments: Sequence[ir.Value], block: ir.Block) -> None:
    """Move the body of `view` to the end of `block`, whose arguments replace these of the body."""
    for old, new in zip(arguments, block.arguments, strict=False):
        old.replace_all_uses_with(new)
    for op in list(view.body.operations):
        block.append(op)


def replaced(view: Structured, new: ir.OpView) -> Structured:
    """The op that takes over the readers of `view`, which is erased."""
    view.result.replace_all_uses_with(new.results[0])
    view.op.operation.erase()
    replacement = structured(new)
    assert replacement is not None
    return replacement
