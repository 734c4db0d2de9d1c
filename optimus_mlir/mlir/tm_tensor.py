"""Torch-MLIR's own ops for sorting and scanning, which one-shot bufferization does not know."""

from torch_mlir import ir

from optimus_mlir.mlir.run import run_passes

DIALECT = "tm_tensor."


def bufferize_tm_tensor(module: ir.Module) -> None:
    """Before bufferization: the ops work on buffers of their own, tensors around them stay."""
    if not _contains_tm_tensor(module):
        return
    run_passes(module, ["func.func(tm-tensor-bufferize)"])

    def promise(op: ir.Operation) -> ir.WalkResult:
        if op.name == "bufferization.to_tensor":  # of a new buffer, which nobody else has
            op.attributes["restrict"] = ir.UnitAttr.get()
        if op.name == "bufferization.to_buffer":
            _read_a_copy(op)
        return ir.WalkResult.ADVANCE

    with module.context, ir.Location.unknown():
        module.operation.walk(promise)


def _read_a_copy(op: ir.Operation) -> None:
    """Bufferization does not see who reads the buffer, and would let others write it."""
    from torch_mlir.dialects import bufferization

    (value,) = op.operands
    with ir.InsertionPoint(op), op.location:
        op.operands[0] = bufferization.alloc_tensor(value.type, [], copy=value)


def lower_tm_tensor(module: ir.Module) -> None:
    """After bufferization: loops."""
    if _contains_tm_tensor(module):
        run_passes(module, ["func.func(tm-tensor-to-loops)"])


def _contains_tm_tensor(module: ir.Module) -> bool:
    found = False

    def look(op: ir.Operation) -> ir.WalkResult:
        nonlocal found
        found = found or op.name.startswith(DIALECT)
        return ir.WalkResult.INTERRUPT if found else ir.WalkResult.ADVANCE

    module.operation.walk(look)
    return found
