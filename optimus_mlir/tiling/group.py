"""A group on its way from a function of whole operators to loops over tiles."""

from __future__ import annotations

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.cost import Schedule, Unschedulable, addresses, build_program
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.dead_code import erase_dead_ops
from optimus_mlir.target import Accelerator
from optimus_mlir.tiling.segments import cut_loops
from optimus_mlir.tiling.shapes import tile_shapes
from optimus_mlir.tiling.skeleton import Skeleton
from optimus_mlir.tiling.tiles import whole
from optimus_mlir.workload import Graph


class TiledGroup:
    """A group's function, whose last arguments are where its results go, and its tiles.

    `payload` holds the tiles for MLIR to cut; `emit` then puts them into the group's loops.
    """

    def __init__(self, function: ir.Operation, accelerator: Accelerator) -> None:
        self.function = function
        self.accelerator = accelerator
        self.dataflow = read_dataflow(function)
        _clear_partial_sums(function)
        schedule = annotations.read_schedule(function)
        _require_known_names(function, schedule, self.dataflow.graph)
        names = self.dataflow.graph.canonical_names
        own_names = {canonical: own for own, canonical in names.items()}
        try:
            self.program = build_program(self.dataflow.graph, schedule.renamed(own_names))
        except Unschedulable as error:
            raise PassFailure(function.location, f"this schedule cannot run: {error}") from None
        self.segments = cut_loops(self.program)
        self.payload = ir.Module.create(function.location)
        with ir.InsertionPoint(self.payload.body):
            self.tiles = {
                (operator, shape): whole(self.dataflow.clusters[operator], shape)
                for operator, shape in dict.fromkeys(
                    tile_shapes(self.program.body, self.segments, {})
                )
            }

    @property
    def labels(self) -> list[str]:
        return [tile.label for tile in self.tiles.values()]

    def emit(self) -> None:
        """Replace the operators by the loops that run their tiles."""
        for tile in self.tiles.values():
            tile.finish()
        block = self.function.regions[0].blocks[0]
        last = block.operations[len(block.operations) - 1].operation
        skeleton = Skeleton(
            self.dataflow,
            self.program,
            self.segments,
            self.tiles,
            addresses(self.program, self.accelerator),
            self.accelerator,
        )
        with ir.InsertionPoint(last), last.location:
            results = skeleton.emit(list(block.arguments)[-len(last.operands) :])
        for i, result in enumerate(results):
            last.operands[i] = result
        erase_dead_ops(self.function)  # only those: folding would carry values into the next step
        del self.function.attributes[annotations.SCHEDULE]


def _require_known_names(function: ir.Operation, schedule: Schedule, group: Graph) -> None:
    names = group.canonical_names
    tensors = {names[tensor] for tensor in group.tensors}
    operators = {names[operator.name] for operator in group.operators}
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


def _clear_partial_sums(function: ir.Operation) -> None:
    """From here on transfers say how wide they are."""
    for op in function.regions[0].blocks[0].operations:
        if annotations.PARTIAL_SUMS in op.operation.attributes:
            del op.operation.attributes[annotations.PARTIAL_SUMS]
    if "arg_attrs" in function.attributes:
        del function.attributes["arg_attrs"]
