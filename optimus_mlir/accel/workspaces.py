"""The array's own memory: temporaries of kernels share one buffer that every launch passes on.

What is made for many calls of a kernel has places of its own in it, behind the temporaries.

Taken from the heap in every call, they would be new pages for the operating system to clear.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimus_mlir.accel.arguments import add_arguments
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.mlir import arith, ir, memref

ALIGNMENT = 64


def workspace_bytes(function: ir.Operation) -> int:
    """What the temporaries of a kernel take, or the feeds of a group."""
    return sum(allocated_bytes(op) for op in allocations_in(function, "memref.alloc"))


def workspace_type() -> ir.Type:
    length = ir.ShapedType.get_dynamic_size()
    return ir.MemRefType.get([length], ir.IntegerType.get_signless(8))


def use_workspace(function: ir.Operation) -> None:
    """Give a kernel one more argument, the workspace, and its temporaries places in it."""
    [workspace] = add_arguments(function, [workspace_type()])
    place_in(dict.fromkeys(allocations_in(function, "memref.alloc"), workspace))


def place_in(workspaces: Mapping[ir.Operation, ir.Value], at: int = 0) -> None:
    """Replace allocations by places in the workspace of each, from byte `at` on."""
    for op, workspace in workspaces.items():
        with ir.InsertionPoint(op), op.location:
            place = arith.ConstantOp(ir.IndexType.get(), at).result
            view = memref.ViewOp(op.results[0].type, workspace, place, []).result
        at += allocated_bytes(op)
        for use in list(op.results[0].uses):
            if use.owner.operation.name == "memref.dealloc":
                use.owner.operation.erase()
        op.results[0].replace_all_uses_with(view)
        op.erase()


def allocated_bytes(op: ir.Operation) -> int:
    """Of a memref.alloc, rounded up so that what follows is aligned."""
    kind = ir.MemRefType(op.results[0].type)
    width = -(-kind.element_type.width // 8)
    return -(-math.prod(kind.shape) * width // ALIGNMENT) * ALIGNMENT
