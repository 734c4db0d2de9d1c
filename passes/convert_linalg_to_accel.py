"""--convert-linalg-to-accel: tiled groups become accelerator programs.

Before (a tiled group, after bufferization)        After
  %b = memref.alloc() : memref<.., 1>                %b = "accel.alloc"() {offset = 0, bytes = 256}
  linalg.copy {optimus.load} %x -> %b                "accel.load"(%x, %b)
  linalg.fill / conv / generic on %b, %w             "accel.compute"(%b, %w) {kernel = @kernel_0}
  linalg.copy {optimus.store} %b -> %out             "accel.store"(%b, %out)
  call @group_0(..)          (in main)               "accel.launch"(..) {callee = @group_0}
"""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.accel.conversion import (
    KernelTable,
    convert_group,
    convert_launches,
    launch_remarks,
)
from optimus_mlir.analysis import annotations
from optimus_mlir.mlir import Pass, ir, run_passes
from optimus_mlir.mlir.tm_tensor import bufferize_tm_tensor, lower_tm_tensor

BUFFERIZE = (
    # before anything is folded: a halo read through what was loaded a step ago would need a copy
    (
        "one-shot-bufferize{bufferize-function-boundaries=true "
        "function-boundary-type-conversion=identity-layout-map}"
    ),
    "canonicalize",
    "cse",
    "canonicalize",
    "drop-equivalent-buffer-results",
    "buffer-results-to-out-params{modify-public-functions=true}",
    "canonicalize",
    "cse",
    "canonicalize",
)


@dataclass(frozen=True)
class ConvertLinalgToAccelPass(Pass):
    """Bufferize tiled groups and turn them into programs of the accelerator."""

    argument = "convert-linalg-to-accel"

    def run(self, module: ir.Module) -> None:
        groups = [op.operation for op in module.body.operations if is_tiled_group(op.operation)]
        remarks = launch_remarks(module, groups)
        bufferize_tm_tensor(module)
        run_passes(module, BUFFERIZE)
        lower_tm_tensor(module)
        kernels = KernelTable(module)
        known = annotations.ACCELERATOR in module.operation.attributes
        overlaps = known and annotations.read_accelerator(module.operation).double_buffering
        for function in groups:
            convert_group(function, kernels, double_buffering=overlaps)
        convert_launches(module, groups, remarks)
        run_passes(module, ["canonicalize", "cse"])


def is_tiled_group(function: ir.Operation) -> bool:
    """Whether a function has results to store; it may have nothing to load but padding."""
    found = False

    def visit(op: ir.Operation) -> ir.WalkResult:
        nonlocal found
        found = found or annotations.STORE in op.attributes
        return ir.WalkResult.ADVANCE

    function.walk(visit)
    return found and function.name == "func.func"
