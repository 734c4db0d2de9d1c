"""The shapes of the tiles that a program computes: few, since steps of a segment look the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optimus_mlir.cost.program import Compute, Loop, Node, Phase
from optimus_mlir.cost.region import Axis
from optimus_mlir.tiling.boxes import Position, Positions, is_empty, sizes
from optimus_mlir.tiling.segments import Segment

Shape = tuple[int, ...]
Segments = Mapping[Axis, Sequence[Segment]]


def tile_shapes(
    body: Sequence[Node], segments: Segments, at: Positions
) -> Iterator[tuple[str, Shape]]:
    """Operators and shapes of whole tiles, in program order; operators in parts have none."""
    for node in body:
        match node:
            case Loop() if not is_empty(node.guard, at):
                for segment in segments[node.axis]:
                    for turn in range(segment.period):
                        inside = {**at, node.axis: Position(segment, None, turn)}
                        yield from tile_shapes(node.body, segments, inside)
            case Compute(phase=Phase.WHOLE) if not is_empty((*node.box, *node.guard), at):
                yield node.operator.name, tuple(sizes(node.box, at))
            case _:
                pass
