"""--optimus-fuse: the whole compiler, from linalg to the accelerator."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.mlir import CompositePass, Step
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import GroupPass
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.plan_options import PlanOptions
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass


@dataclass(frozen=True)
class FusePass(PlanOptions, CompositePass):
    """Plan, tile and fuse a network, and lower it to the accelerator: all the passes in order."""

    argument = "optimus-fuse"

    def passes(self) -> list[Step]:
        return [
            NormalizePass(),
            GroupPass(**vars(self)),
            OutlinePass(),
            TileAndFusePass(),
            ConvertLinalgToAccelPass(),
        ]
