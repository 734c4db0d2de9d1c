"""--optimus-tile-and-fuse: turn each group's schedule into loops over tiles."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.cost import Unschedulable, addresses, build_program
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import Pass, ir
from optimus_mlir.mlir.dead_code import erase_dead_ops
from optimus_mlir.target import Accelerator
from optimus_mlir.tiling.fuse import fuse_into_sites
from optimus_mlir.tiling.skeleton import Skeleton


@dataclass(frozen=True)
class TileAndFusePass(Pass):
    """Tile each group's last operator and fuse the others into its loops, as scheduled."""

    argument = "optimus-tile-and-fuse"

    def run(self, module: ir.Module) -> None:
        groups = [
            f.operation for f in module.body.operations if annotations.SCHEDULE in f.attributes
        ]
        if groups:
            accelerator = annotations.read_accelerator(module.operation)
        for function in groups:
            tile_and_fuse(function, accelerator)


def tile_and_fuse(function: ir.Operation, accelerator: Accelerator) -> None:
    """Tile one group function; its last arguments are where its results go."""
    dataflow = read_dataflow(function)
    schedule = annotations.read_schedule(function)
    names = dataflow.graph.canonical_names
    tensors = {names[tensor] for tensor in dataflow.graph.tensors}
    operators = {names[operator.name] for operator in dataflow.graph.operators}
    unknown = [keep.tensor for keep in schedule.keeps if keep.tensor not in tensors]
    unknown += [reread.tensor for reread in schedule.rereads if reread.tensor not in tensors]
    named = *schedule.blocks, *schedule.rereads
    unknown += [each.operator for each in named if each.operator not in operators]
    if unknown:
        raise PassFailure(
            function.location,
            f"{annotations.SCHEDULE} names {unknown[0]!r}, which this group has not: "
            f"its tensors are {', '.join(sorted(tensors))}, "
            f"its operators {', '.join(sorted(operators))}",
        )
    own_names = {canonical: own for own, canonical in names.items()}
    try:
        program = build_program(dataflow.graph, schedule.renamed(own_names))
    except Unschedulable as error:
        raise PassFailure(function.location, f"this schedule cannot run: {error}") from None
    block = function.regions[0].blocks[0]
    last = block.operations[len(block.operations) - 1].operation
    skeleton = Skeleton(dataflow, program, addresses(program, accelerator), accelerator)
    with ir.InsertionPoint(last), last.location:
        results = skeleton.emit(list(block.arguments)[-len(last.operands) :])
    for i, result in enumerate(results):
        last.operands[i] = result
    fuse_into_sites(function, dataflow, skeleton)
    erase_dead_ops(function)  # whole ops; folding would carry values from one step into the next
    del function.attributes[annotations.SCHEDULE]
