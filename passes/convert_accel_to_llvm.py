"""--convert-accel-to-llvm: the accelerator's instructions as code that counts what it does.

Group functions get three more arguments: the scratchpad, one buffer of exactly the accelerator's
size, the counters of their launch, and the workspace, in which kernels keep temporaries. `main` gets
them too, after its inputs and results, and then the memory of the buffers that it allocates. What a
kernel makes of an operand that stays the same is made before the loop, as feeds in the workspace.

Before                                       After
  "accel.alloc"() {offset = 64, bytes = 16}    memref.view %scratchpad[64 * scale]
  "accel.load"(%x, %b)                         counters[argument of %x] += bytes; call @copy_rows
  "accel.compute"() ({call @kernel_0 ..})      call @kernel_0(.., %workspace)
  "accel.launch"() ({call @group_0 ..})        call @group_0(.., %scratchpad, %counters[of launch], ..)
"""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.accel.lowering import lower_accel
from optimus_mlir.codegen.cpu import host_vector_unit
from optimus_mlir.codegen.feeds import hoist_feeds
from optimus_mlir.codegen.shared_loops import mark_shared_loops
from optimus_mlir.mlir import Pass, ir, option, run_passes
from optimus_mlir.passes.convert_linalg_to_vectors import ConvertLinalgToVectorsPass

AFTER_VECTORS = (
    "convert-linalg-to-loops",  # what has no vectors
    "lower-affine",
    "expand-strided-metadata",
    "lower-affine",
    "convert-scf-to-cf",
    "convert-vector-to-llvm{reassociate-fp-reductions=1}",
    "convert-math-to-llvm",
    "convert-math-to-libm",
    "convert-to-llvm",
    "reconcile-unrealized-casts",
)
LLVM = (
    "math-expand-ops{ops=tanh}",  # into exp, which has vectors
    ConvertLinalgToVectorsPass(),
    *AFTER_VECTORS,
)


@dataclass(frozen=True)
class ConvertAccelToLlvmPass(Pass):
    """Lower accelerator programs to LLVM, with a scratchpad buffer and traffic counters."""

    argument = "convert-accel-to-llvm"
    for_team: bool = option(False, "let several threads share loops whose steps are independent")

    def run(self, module: ir.Module) -> None:
        hoist_feeds(module, host_vector_unit())
        if self.for_team:
            mark_shared_loops(module)
        lower_accel(module, for_team=self.for_team)
        run_passes(module, LLVM)
