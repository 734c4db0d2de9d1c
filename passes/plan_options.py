"""The options of every pass that plans."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import SOLVERS
from optimus_mlir.fusion.objective import OBJECTIVES
from optimus_mlir.fusion.plan_file import read_plan
from optimus_mlir.mlir import option
from optimus_mlir.target import Accelerator, load_accelerator, with_fields


@dataclass(frozen=True)
class PlanOptions:
    """For which accelerator to plan, and how to search."""

    accelerator: str = option("eyeriss", "preset or YAML file")
    set: str = option(
        "", "changed fields of the accelerator: scratchpad_bytes=64KiB,element_bits=8"
    )
    objective: str = option("dram-bytes", "what to minimise", choices=OBJECTIVES)
    solver: str = option("online", "how to search", choices=sorted(SOLVERS))
    plan: str = option("", "JSON file of a plan to replay instead; it names its accelerator")
    time_limit: float = option(math.inf, "seconds that the search may take; the rest is its gap")

    def target(self) -> Accelerator:
        """The accelerator with its changed fields."""
        accelerator = self._accelerator()
        return with_fields(accelerator, self.set.split(",")) if self.set else accelerator

    def _accelerator(self) -> Accelerator:
        if not self.plan:
            return load_accelerator(self.accelerator)
        if self.accelerator != PlanOptions.accelerator:
            raise OptimusError(f"{self.plan} says for which accelerator: leave out the option")
        return read_plan(self.plan).target()
