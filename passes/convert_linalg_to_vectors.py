"""--convert-linalg-to-vectors: linalg ops on buffers as loops around blocks of vectors.

Before                                  After
  linalg.fill ins(%zero) outs(%c)         scf.for .. { scf.for .. {
  linalg.matmul ins(%a, %b) outs(%c)        %sums:12 = scf.for .. iter_args(%s0 = %zeros, ..) {
                                              vector.load, vector.broadcast, arith.mulf, arith.addf
                                            }
                                            vector.store %sums#0, .. } }

An op whose body needs indices or has several results, or whose layout is not static, stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.codegen.blocking import VectorUnit
from optimus_mlir.codegen.cpu import host_vector_unit
from optimus_mlir.codegen.vectorise import vectorise
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import Pass, ir, option, remark


@dataclass(frozen=True)
class ConvertLinalgToVectorsPass(Pass):
    """Keep blocks of results in vector registers; of this CPU, or of the one that is described."""

    argument = "convert-linalg-to-vectors"
    vector_bytes: int = option(0, "length of a vector register (0: this CPU's)")
    registers: int = option(0, "number of vector registers (0: this CPU's)")
    has_masks: bool = option(True, "whether a part of a vector can be stored, if not this CPU")
    remarks: bool = option(False, "say which ops stay scalar, and why")

    def run(self, module: ir.Module) -> None:
        for scalar in vectorise(module.operation, self.unit()):
            if self.remarks:
                remark(scalar.location, f"{scalar.op} stays scalar: {scalar.reason}")

    def unit(self) -> VectorUnit:
        if not self.vector_bytes and not self.registers:
            return host_vector_unit()
        if self.vector_bytes < 8 or self.registers < 8:
            raise OptimusError(
                f"{self.argument}: a vector unit has vector-bytes and registers of at least 8, "
                f"not {self.vector_bytes} and {self.registers}"
            )
        return VectorUnit(self.vector_bytes, self.registers, self.has_masks)
