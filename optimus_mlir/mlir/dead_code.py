"""Removing ops without users, and nothing more: no folding, no merging."""

from __future__ import annotations

from torch_mlir import ir

WITHOUT_EFFECTS = ("arith.", "tensor.", "linalg.", "affine.")


def erase_dead_ops(function: ir.Operation) -> None:
    """Erase the ops on tensors and scalars whose results nobody reads."""
    for region in function.regions:
        for block in region.blocks:
            for op in reversed([op.operation for op in block.operations]):
                if op.name.startswith(WITHOUT_EFFECTS) and _is_unused(op):
                    op.erase()
                elif op.name == "scf.for":
                    erase_dead_ops(op)


def _is_unused(op: ir.Operation) -> bool:
    return len(op.results) > 0 and not any(True for result in op.results for _ in result.uses)
