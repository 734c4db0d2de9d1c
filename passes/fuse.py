"""--optimus-fuse: the whole compiler, from linalg to the accelerator."""

from __future__ import annotations

from dataclasses import dataclass, fields

from optimus_mlir.mlir import CompositePass, Step, option
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
    schedule: str = option("", "file of a transform schedule to run instead of our own")
    print_schedule: str = option("", "file to write our own transform schedule to")

    def passes(self) -> list[Step]:
        plan = {field.name: getattr(self, field.name) for field in fields(PlanOptions)}
        return [
            NormalizePass(),
            GroupPass(**plan),
            OutlinePass(),
            TileAndFusePass(self.schedule, self.print_schedule),
            ConvertLinalgToAccelPass(),
        ]
