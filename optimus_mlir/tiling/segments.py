"""Segments: runs of loop steps that differ by a constant shift, so that one loop body serves all.

The first and last steps of a loop are special: regions are clamped, windows are empty, the last
tile is partial. Cutting each loop into segments makes every size in every body static.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.cost.buffers import Buffer
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Program, Shift, Store
from optimus_mlir.cost.region import Axis, Range, Steps


@dataclass(frozen=True)
class Segment:
    """Steps `first .. first + count - 1` of an axis."""

    first: int
    count: int


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
    axes = dict.fromkeys(_axes(program.body))
    return {
        axis: tuple(_cut(axis, features.get(axis, []), positions.get(axis, []))) for axis in axes
    }


def _cut(axis: Axis, features: Sequence[Steps], positions: Sequence[Steps]) -> Iterator[Segment]:
    """Greedy: a step joins the run before it when it looks the same and moves on at the same pace."""
    first, pace = 0, None
    for step in range(1, axis.only_steps):
        same = all(row[step] == row[first] for row in features)
        here = [int(row[step] - row[step - 1]) for row in positions]
        if same and pace in (None, here):
            pace = here
            continue
        yield Segment(first, step - first)
        first, pace = step, None
    yield Segment(first, axis.only_steps - first)


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
    if isinstance(node, Load | Compute):
        for r in node.guard:
            assert r.axis is not None
            yield r.axis, np.sign(r.lengths)
    if isinstance(node, Shift):
        yield from _halo(node)


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
