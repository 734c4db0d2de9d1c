"""Every size is known when the program is compiled, or the user hears where one is not."""

from collections.abc import Iterator

from optimus_mlir.analysis.structured import producer, top_level_ops
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import func, ir, run_passes, tensor

CURE = (
    "export the model with static shapes (torch.export without dynamic_shapes), "
    "or give a static shape to this op"
)


def keep_static_shapes(module: ir.Module) -> None:
    """Concatenate what has a static shape as it is: torch.roll comes with casts that forget sizes."""
    for op in top_level_ops(module):
        if not isinstance(op, tensor.ConcatOp):
            continue
        for number, value in enumerate(op.inputs):
            cast = producer(value)
            if isinstance(cast, tensor.CastOp) and cast.source.type.has_static_shape:
                op.operation.operands[number] = cast.source
    run_passes(module, ["canonicalize"])  # the casts are dead


def require_static_shapes(module: ir.Module) -> None:
    """Raise PassFailure at the first function or op with a dynamic dimension."""
    found: list[PassFailure] = []

    def check(op: ir.Operation) -> ir.WalkResult:
        shaped = next(filter(_is_dynamic, _types(op)), None)
        if shaped is None:
            return ir.WalkResult.ADVANCE
        found.append(PassFailure(op.location, f"dynamic dimension in {shaped}: {CURE}"))
        return ir.WalkResult.INTERRUPT

    module.operation.walk(check, ir.WalkOrder.PRE_ORDER)
    if found:  # raised in the walk, it would lose its type
        raise found[0]


def _types(op: ir.Operation) -> Iterator[ir.Type]:
    if isinstance(op.opview, func.FuncOp):
        yield from op.opview.type.inputs
        yield from op.opview.type.results
    yield from (result.type for result in op.results)
    yield from (
        argument.type for region in op.regions for block in region for argument in block.arguments
    )


def _is_dynamic(kind: ir.Type) -> bool:
    if isinstance(kind, ir.UnrankedTensorType | ir.UnrankedMemRefType):
        return True
    if not isinstance(kind, ir.RankedTensorType | ir.MemRefType):
        return False
    return not kind.has_static_shape
