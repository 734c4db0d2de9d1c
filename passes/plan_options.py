"""The options of every pass that plans."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.fusion import SOLVERS
from optimus_mlir.mlir import option
from optimus_mlir.target import Accelerator, load_accelerator, with_fields


@dataclass(frozen=True)
class PlanOptions:
    """For which accelerator to plan, and how to search."""

    accelerator: str = option("eyeriss", "preset or YAML file")
    set: str = option(
        "", "changed fields of the accelerator: scratchpad_bytes=64KiB,element_bits=8"
    )
    objective: str = option("dram-bytes", "what to minimise", choices=["dram-bytes"])
    solver: str = option("contiguous", "how to search", choices=sorted(SOLVERS))

    def target(self) -> Accelerator:
        """The accelerator with its changed fields."""
        accelerator = load_accelerator(self.accelerator)
        return with_fields(accelerator, self.set.split(",")) if self.set else accelerator
