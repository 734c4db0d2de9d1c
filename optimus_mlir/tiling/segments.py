"""Segments: runs of loop steps that differ by a constant shift, so that one loop body serves all.

The first and last steps of a loop are special: regions are clamped, windows are empty, the last
tile is partial. Cutting each loop into segments makes every size in every body static. Where a
dimension is merged from blocks, steps look alike when they begin at the same place of a block, which
may be every few steps: then the body does as many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from optimus_mlir.cost.buffers import Buffer
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Program, Shift, Store
from optimus_mlir.cost.region import Axis, Range, Steps
from optimus_mlir.tiling.needs import Need, needs_of

MOST_STEPS = 64  # of a loop body


@dataclass(frozen=True)
class Segment:
    """`count` rounds of `period` steps of an axis, from step `first` on: a round has one loop body."""

    first: int
    count: int
    period: int = 1


def cut_loops(program: Program) -> dict[Axis, tuple[Segment, ...]]:
    """The segments of every loop of the program."""
    features: dict[Axis, list[Steps]] = {}
    positions: dict[Axis, list[Steps]] = {}
    for node in _nodes(program.body):
        for axis, row in _features(node):
            features.setdefault(axis, []).append(row)
        for r in (*_ranges(node), *_places(node)):
            if r.axis is not None:
                positions.setdefault(r.axis, []).append(r.begin)
    blocks = _blocks(program)
    return {
        axis: tuple(
            _cut(axis, features.get(axis, []), positions.get(axis, []), blocks.get(axis, 1))
        )
        for axis in dict.fromkeys(_axes(program.body))
    }


def _cut(
    axis: Axis, features: Sequence[Steps], positions: Sequence[Steps], block: int
) -> Iterator[Segment]:
    """Greedy: always the segment that spares most loop bodies, and of those with the shortest body.

    What looks alike once in a block, or in blocks of blocks, does so in a divisor of `block`.
    """
    periods = [n for n in range(1, min(block, MOST_STEPS) + 1) if block % n == 0]
    first, end = 0, axis.only_steps
    while first < end:
        runs = (_run(features, positions, first, end, period) for period in periods)
        best = max(runs, key=lambda run: (run.count - 1) * run.period)
        yield best
        first += best.count * best.period


def _run(
    features: Sequence[Steps], positions: Sequence[Steps], first: int, end: int, period: int
) -> Segment:
    """A step joins if it looks like the one a period before it, and moves on at the same pace."""
    paces: dict[int, list[int]] = {}
    step = first + period
    while step < end and all(row[step] == row[step - period] for row in features):
        pace = [int(row[step] - row[step - period]) for row in positions]
        if paces.setdefault(step % period, pace) != pace:
            break
        step += 1
    return Segment(first, (step - first) // period, period)


def _blocks(program: Program) -> dict[Axis, int]:
    """How many elements the blocks have that each loop steps through, those of all tensors multiplied."""
    sizes: dict[Axis, dict[tuple[str, int], int]] = {}
    for node in _nodes(program.body):
        for need in _merged(node):
            if need.wanted.axis is not None:
                sizes.setdefault(need.wanted.axis, {})[need.tensor, need.outermost] = need.block
    return {axis: prod(of.values()) for axis, of in sizes.items()}


def _axes(body: Sequence[Node]) -> Iterator[Axis]:
    for node in body:
        if isinstance(node, Loop):
            yield node.axis
            yield from _axes(node.body)


def _nodes(body: Sequence[Node]) -> Iterator[Node]:
    for node in body:
        if isinstance(node, Loop):
            yield from _nodes(node.body)
        else:
            yield node


def _ranges(node: Node) -> Iterator[Range]:
    """Every range that the node's code mentions."""
    assert not isinstance(node, Loop)
    yield from node.buffer.region
    if not isinstance(node, Shift):
        yield from node.box
    if isinstance(node, Compute):
        for buffer, need in node.needs:
            yield from (*buffer.region, *need)
    yield from (need.wanted for need in _merged(node))


def _features(node: Node) -> Iterator[tuple[Axis, Steps]]:
    """What must be the same in all steps of a segment: sizes, padding, halos."""
    for r in _ranges(node):
        if r.axis is not None:
            yield r.axis, r.lengths
    for buffer, box in _boxes_in_buffers(node):
        for part, extent in zip(box, buffer.tensor.shape, strict=True):
            if part.axis is not None:
                inside = part.clamped(extent)
                something = (inside.lengths > 0).astype(np.int64)
                yield part.axis, something
                # where there is nothing, there is no code: how far outside does not matter
                yield part.axis, something * (inside.begin - part.begin)
                yield part.axis, something * (part.end - inside.end)
    for need in _merged(node):
        yield from _merged_features(need)
    for r in node.guard:
        assert r.axis is not None
        yield r.axis, np.sign(r.lengths)
    if isinstance(node, Shift):
        yield from _halo(node)


def _merged(node: Node) -> Iterator[Need]:
    """What it reads along dimensions that are merged."""
    if isinstance(node, Compute):
        for number in range(len(node.needs)):
            yield from (need for need in needs_of(node, number) if need.block > 1)


def _merged_features(need: Need) -> Iterator[tuple[Axis, Steps]]:
    """Where what is inside begins: in the first block on chip, and in the padded operand."""
    if need.inside.axis is not None:
        something = (need.inside.lengths > 0).astype(np.int64)
        yield need.inside.axis, need.inside.lengths
        yield need.inside.axis, something * need.after.begin
        yield need.inside.axis, something * (need.inside.begin - need.wanted.begin)


def _places(node: Node) -> Iterator[Range]:
    for buffer, box in _boxes_in_buffers(node):
        yield from places(buffer, box)


def places(buffer: Buffer, box: Box) -> list[Range]:
    """Where the unpadded part of a box lies in the tensor's buffer."""
    return [
        part.clamped(extent).relative_to(held)
        for held, part, extent in zip(buffer.region, box, buffer.tensor.shape, strict=True)
    ]


def _boxes_in_buffers(node: Node) -> Iterator[tuple[Buffer, Box]]:
    if isinstance(node, Compute):
        yield node.buffer, node.box
        yield from node.needs
    elif isinstance(node, (Load, Store)):
        yield node.buffer, node.box


def _halo(node: Shift) -> Iterator[tuple[Axis, Steps]]:
    assert node.buffer.window is not None
    moving = node.buffer.region[node.buffer.window]
    assert moving.axis is not None
    yield moving.axis, kept_elements(moving)
    shift = np.diff(moving.begin, prepend=moving.begin[:1])
    yield moving.axis, shift


def kept_elements(window: Range) -> Steps:
    """How much of the previous step's region each step still needs."""
    kept = np.zeros(len(window.begin), dtype=np.int64)
    kept[1:] = np.maximum(window.end[:-1] - window.begin[1:], 0)
    return np.minimum(kept, window.lengths)
