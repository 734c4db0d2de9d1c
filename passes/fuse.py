"""--optimus-fuse: the whole compiler, from linalg to the accelerator."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import GroupPass
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass

from optimus_mlir.fusion import SOLVERS
from optimus_mlir.mlir import CompositePass, Step, option


@dataclass(frozen=True)
class FusePass(CompositePass):
    """Plan, tile and fuse a network, and lower it to the accelerator: all the passes in order."""

    argument = "optimus-fuse"
    accelerator: str = option("eyeriss", "preset or YAML file")
    set: str = option(
        "", "changed fields of the accelerator: scratchpad_bytes=64KiB,element_bits=8"
    )
    objective: str = option("dram-bytes", "what to minimise", choices=["dram-bytes"])
    solver: str = option("contiguous", "how to search", choices=sorted(SOLVERS))

    def passes(self) -> list[Step]:
        return [
            NormalizePass(),
            GroupPass(self.accelerator, self.set, self.objective, self.solver),
            OutlinePass(),
            TileAndFusePass(),
            ConvertLinalgToAccelPass(),
        ]
