"""A program as the sequence of steps that energy and time are worked out from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimus_mlir.cost.buffers import element_bytes
from optimus_mlir.cost.energy import Step, Work
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Phase, Program, Shift, Store
from optimus_mlir.cost.region import Axis, Range, Steps
from optimus_mlir.target import Accelerator

At = Mapping[Axis, int]  # the step at which each loop stands


def steps_of(program: Program, accelerator: Accelerator) -> list[Step]:
    """The steps of a program in order; like steps that follow each other are one with a count."""
    names = {buffer.tensor for buffer in program.buffers.values()}
    constants = frozenset(tensor.name for tensor in names if tensor.constant)
    steps = _Steps(accelerator, constants).of(program.body, {})
    return list(_brought_forward(steps)) if accelerator.double_buffering else steps


@dataclass(frozen=True)
class _Steps:
    accelerator: Accelerator
    constants: frozenset[str]

    def of(self, body: Sequence[Node], at: At) -> list[Step]:
        """The steps of a body: what stands between two inner loops is one."""
        found: list[Step] = []
        current = Step()
        for node in body:
            if isinstance(node, Loop):
                found += [current, *self._loop(node, at)]
                current = Step()
            else:
                current = self._with(current, node, at)
        return _joined([*found, current])

    def _loop(self, loop: Loop, at: At) -> Iterator[Step]:
        """Steps at which nothing differs in size are worked out once."""
        if any(_length(r, at) <= 0 for r in loop.guard):
            return
        for first, count in _alike(loop):
            steps = self.of(loop.body, {**at, loop.axis: first})
            if len(steps) == 1:
                yield replace(steps[0], count=steps[0].count * count)
            else:
                for _ in range(count):
                    yield from steps

    def _with(self, step: Step, node: Node, at: At) -> Step:
        if any(_length(r, at) <= 0 for r in node.guard):
            return step
        match node:
            case Load():
                loaded = self._dram_bytes(node, at)
                spare = node.buffer.spare_bytes(self.accelerator).item()
                moved = loaded if loaded <= spare else 0  # else straight into an empty window
                return replace(
                    step,
                    load_bytes=step.load_bytes + loaded,
                    moved_bytes=step.moved_bytes + moved,
                )
            case Store():
                stored = self._dram_bytes(node, at)
                drains = stored > 0 and node.buffer.copies(self.accelerator) == 1
                return replace(
                    step, store_bytes=step.store_bytes + stored, drains=step.drains or drains
                )
            case Shift():
                return replace(step, moved_bytes=step.moved_bytes + self._halo_bytes(node, at))
            case Compute():
                return replace(step, works=(*step.works, *self._work(node, at)))
            case Loop():
                raise TypeError("a loop is many steps")

    def _dram_bytes(self, node: Load | Store, at: At) -> int:
        return _elements(node.box, at) * element_bytes(node.buffer.tensor, self.accelerator)

    def _work(self, node: Compute, at: At) -> Iterator[Work]:
        if node.phase in (Phase.START, Phase.FINISH):  # the array does these with the products
            return
        extents = tuple(_length(r, at) for r in node.loops)
        if min(extents, default=1) > 0 and min((_length(r, at) for r in node.box), default=1) > 0:
            loops = zip(node.loops, node.operator.reduction, strict=True)
            sums = [r.axis for r, reduces in loops if reduces and r.axis is not None]
            resumes = any(at[axis] for axis in sums)
            yield Work(node.operator, extents, self.constants, resumes)

    def _halo_bytes(self, node: Shift, at: At) -> int:
        """What the previous step had of the window, if the window moves at all."""
        axis, window = node.buffer.sliding, node.buffer.window
        assert axis is not None
        assert window is not None
        if not at[axis]:
            return 0
        before, now = at[axis] - 1, at[axis]
        moving = node.buffer.region[window]
        if moving.begin[before] == moving.begin[now]:
            return 0
        kept = max(0, int(min(moving.end[before], moving.end[now]) - moving.begin[now]))
        others = (r for d, r in enumerate(node.buffer.region) if d != window)
        return kept * _elements(tuple(others), at) * node.buffer.element_bytes(self.accelerator)


def _length(r: Range, at: At) -> int:
    return int(r.lengths[at[r.axis] if r.axis else 0])


def _elements(box: Box, at: At) -> int:
    elements = 1
    for r in box:
        elements *= _length(r, at)
    return elements


def _brought_forward(steps: Iterable[Step]) -> Iterator[Step]:
    """What neither computes nor stores is part of the step that it loads for."""
    early = Step()  # what was loaded and moved ahead of its step
    for step in steps:
        if not step.works and not step.store_bytes:
            early = _also(early, step)
        elif early == Step():
            yield step
        else:
            yield replace(_also(step, early), count=1)
            yield from [replace(step, count=step.count - 1)] if step.count > 1 else []
            early = Step()
    yield from [early] if early != Step() else []


def _also(step: Step, other: Step) -> Step:
    """A step that also loads and moves all of what another does."""
    return replace(
        step,
        load_bytes=step.load_bytes + other.count * other.load_bytes,
        moved_bytes=step.moved_bytes + other.count * other.moved_bytes,
    )


def _joined(steps: Sequence[Step]) -> list[Step]:
    """Without empty steps, and like neighbours as one."""
    joined: list[Step] = []
    for step in steps:
        if replace(step, count=1) == Step():
            continue
        if joined and replace(joined[-1], count=step.count) == step:
            joined[-1] = replace(step, count=joined[-1].count + step.count)
        else:
            joined.append(step)
    return joined


def _alike(loop: Loop) -> Iterator[tuple[int, int]]:
    """Runs of steps that have the same sizes: where each begins, and how many they are."""
    steps = loop.axis.only_steps
    rows = list(_sizes(loop.body, loop.axis))
    changes = np.zeros(steps, dtype=bool)
    changes[[0, min(1, steps - 1)]] = True  # the first step starts sums, and has no halo
    for row in rows:
        changes[1:] |= row[1:] != row[:-1]
    starts = np.flatnonzero(changes)
    ends = [*starts[1:], steps]
    return ((int(a), int(b - a)) for a, b in zip(starts, ends, strict=True))


def _sizes(body: Sequence[Node], axis: Axis) -> Iterator[Steps]:
    """Per step of `axis`, the lengths of every range that moves along it."""
    for node in body:
        if isinstance(node, Loop):
            yield from (r.lengths for r in node.guard if r.axis is axis)
            yield from _sizes(node.body, axis)
            continue
        box = node.buffer.region if isinstance(node, Shift) else node.box
        loops = node.loops if isinstance(node, Compute) else ()
        for r in (*box, *loops, *node.guard):
            if r.axis is axis:
                yield r.lengths
                if isinstance(node, Shift):
                    yield r.begin - np.concatenate([r.begin[:1], r.begin[:-1]])
                    yield r.end - np.concatenate([r.end[:1], r.end[:-1]])
