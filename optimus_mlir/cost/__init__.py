"""The memory cost model: what a group of operators costs under a schedule, to the byte."""

from optimus_mlir.cost.communication import least_bytes_alone
from optimus_mlir.cost.floor import floor_bytes, touched_elements
from optimus_mlir.cost.footprint import Lifetime, Packing, addresses, pack
from optimus_mlir.cost.price import Price, price
from optimus_mlir.cost.program import Program, build_program
from optimus_mlir.cost.schedule import (
    Block,
    Keep,
    Reread,
    Schedule,
    Tile,
    Unschedulable,
    Unshareable,
)

__all__ = [
    "Block",
    "Keep",
    "Lifetime",
    "Packing",
    "Price",
    "Program",
    "Reread",
    "Schedule",
    "Tile",
    "Unschedulable",
    "Unshareable",
    "addresses",
    "build_program",
    "floor_bytes",
    "least_bytes_alone",
    "pack",
    "price",
    "touched_elements",
]
