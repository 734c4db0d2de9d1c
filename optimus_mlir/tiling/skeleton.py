"""The skeleton of a tiled group: its loops, its buffers, its transfers, and the tiles between them.

Before                                    After (one operator, rows tiled)
  %1 = conv(pad(%in0), %in1)                %1 = conv(pad(%in0), %in1)
  return %1                                 %b = alloc_tensor() {memory_space = {scratchpad = 64}}
                                            %r = scf.for %t .. iter_args(%o = %out0) {
                                              %x = copy {load} %in0[rows of t] into a buffer
                                              %s = conv(pad %x, %w) outs(%b[rows of t])
                                              %c = insert_slice %s into %b
                                              copy {store} %c into %o[row t]
                                            }
                                            return %r

Loops and buffers are of our own making: MLIR's tiling transforms know neither windows, which carry
rows from one step into the next, nor segments, which keep all sizes static, nor addresses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optimus_mlir.analysis.annotations import (
    CYCLES,
    LOAD,
    MOVE,
    STEP,
    STORE,
    address_attribute,
    integer,
)
from optimus_mlir.analysis.dataflow import Dataflow, Read
from optimus_mlir.cost.buffers import Buffer, element_bytes
from optimus_mlir.cost.energy import Work, compute_cycles
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Phase, Program, Shift, Store
from optimus_mlir.mlir import arith, bufferization, ir, linalg, scf
from optimus_mlir.target import Accelerator
from optimus_mlir.tiling.boxes import (
    Offset,
    Position,
    Positions,
    extract,
    first_begin,
    insert,
    is_empty,
    offsets,
    sizes,
)
from optimus_mlir.tiling.feed import Part, by_operand, feed, merged, reshaped
from optimus_mlir.tiling.needs import Need, needs_of
from optimus_mlir.tiling.partial_sums import accumulate, finish, start
from optimus_mlir.tiling.segments import Segment, kept_elements, places
from optimus_mlir.tiling.shapes import Segments, Shape
from optimus_mlir.tiling.tiles import Tile
from optimus_mlir.workload import Tensor

PHASES = {Phase.START: start, Phase.PARTIAL: accumulate, Phase.FINISH: finish}


@dataclass
class Skeleton:
    """Emits a program at the current insertion point.

    `state` maps each buffer, and the name of each live-out in DRAM, to its current tensor value.
    """

    dataflow: Dataflow
    program: Program
    segments: Segments
    tiles: Mapping[tuple[str, Shape], Tile]
    addresses: Mapping[Buffer, int]
    accelerator: Accelerator
    state: dict[Buffer | str, ir.Value] = field(default_factory=dict)
    section: int = 0  # what stands between two loops, or at one step of a loop

    def emit(self, outs: Sequence[ir.Value]) -> list[ir.Value]:
        """The group's live-outs, computed tile by tile into `outs`."""
        names = self.dataflow.graph.outputs
        self.state |= dict(zip(names, outs, strict=True))
        self._body(self.program.body, {})
        return [self.state[name] for name in names]

    def _body(self, body: Sequence[Node], at: Positions) -> None:
        self.section += 1
        for node in body:
            match node:
                case Loop():
                    self._loop(node, at)
                    self.section += 1
                case Shift():
                    self._shift(node, at)
                case Load():
                    self._load(node, at)
                case Compute():
                    self._compute(node, at)
                case Store():
                    self._store(node, at)
        self.section += 1

    # Loops ------------------------------------------------------------------------------------

    def _loop(self, loop: Loop, at: Positions) -> None:
        """The segments one after the other; buffers that outlive a step are carried through."""
        if is_empty(loop.guard, at):
            return
        for buffer in _buffers_filled(loop.body):
            if loop.axis not in buffer.home:
                self._allocate(buffer)
        carried = [*self._carried(loop)]
        for segment in self.segments[loop.axis]:
            outer = dict(self.state)
            run = self._step if segment.count == 1 else self._steps
            self.state = outer | run(loop, segment, carried, at)

    def _carried(self, loop: Loop) -> Iterator[Buffer | str]:
        for buffer in _buffers_filled(loop.body):
            if buffer in self.state:
                yield buffer
        for node in _leaves(loop.body):
            if isinstance(node, Store):
                yield node.buffer.tensor.name

    def _step(
        self, loop: Loop, segment: Segment, carried: list[Buffer | str], at: Positions
    ) -> dict[Buffer | str, ir.Value]:
        """A segment of one step needs no loop.

        MLIR's bufferization asks for the type of what an outer loop yields through all loops in it,
        twice through each: its time would double with every step at a border.
        """
        self._body(loop.body, {**at, loop.axis: Position(segment, None)})
        return {key: self.state[key] for key in carried}

    def _steps(
        self, loop: Loop, segment: Segment, carried: list[Buffer | str], at: Positions
    ) -> dict[Buffer | str, ir.Value]:
        """An scf.for."""
        low, high, step = (_index(i) for i in (segment.first, segment.first + segment.count, 1))
        op = scf.ForOp(low, high, step, [self.state[key] for key in carried])
        with ir.InsertionPoint(op.body):
            outer = self.state | dict(zip(carried, op.inner_iter_args, strict=True))
            for turn in range(segment.period):
                self.state = dict(outer)
                position = Position(segment, op.induction_variable, turn)
                self._body(loop.body, {**at, loop.axis: position})
                outer |= {key: self.state[key] for key in carried}
            scf.YieldOp([self.state[key] for key in carried])
        return dict(zip(carried, op.results, strict=True))

    def _allocate(self, buffer: Buffer) -> None:
        if buffer not in self.state:
            element = self.dataflow.values[buffer.tensor.name].type.element_type
            kind = ir.RankedTensorType.get(buffer.shape, element)
            space = address_attribute(
                self.addresses[buffer],
                buffer.element_bytes(self.accelerator),
                copies=buffer.copies(self.accelerator),
                spare_bytes=buffer.spare_bytes(self.accelerator).item(),
            )
            self.state[buffer] = bufferization.alloc_tensor(kind, [], memory_space=space)

    # Steps ------------------------------------------------------------------------------------

    def _shift(self, node: Shift, at: Positions) -> None:
        buffer, window = node.buffer, node.buffer.window
        assert window is not None
        if is_empty(node.guard, at):
            return
        self._allocate(buffer)
        moving = buffer.region[window]
        assert moving.axis is not None
        step = at[moving.axis].first
        kept = int(kept_elements(moving)[step])
        distance = int(moving.begin[step] - moving.begin[step - 1]) if step else 0
        if not kept or not distance:
            return
        shape = [kept if d == window else n for d, n in enumerate(sizes(buffer.region, at))]
        front = [0] * len(shape)
        back = [distance if d == window else 0 for d in range(len(shape))]
        halo = extract(self.state[buffer], back, shape)
        moved = self._copy(halo, extract(self.state[buffer], front, shape), MOVE)
        self.state[buffer] = insert(moved, self.state[buffer], front, shape)

    def _load(self, node: Load, at: Positions) -> None:
        if is_empty((*node.box, *node.guard), at):
            return
        self._allocate(node.buffer)
        source = self._fetched(node.buffer.tensor)
        shape, place = sizes(node.box, at), self._place(node.buffer, node.box, at)
        tile = extract(source, offsets(node.box, at), shape)
        target = extract(self.state[node.buffer], place, shape)
        loaded = self._copy(tile, target, LOAD, self._width(node.buffer))
        self.state[node.buffer] = insert(loaded, self.state[node.buffer], place, shape)

    def _fetched(self, live_in: Tensor) -> ir.Value:
        """A live-in in the shape in which it is read."""
        value = self.dataflow.values[live_in.name]
        return value if value.type.shape == list(live_in.shape) else reshaped(value, live_in.shape)

    def _compute(self, node: Compute, at: Positions) -> None:
        if is_empty((*node.box, *node.guard), at):
            return
        self._allocate(node.buffer)
        cluster = self.dataflow.clusters[node.operator.name]
        reads = cluster.reads[node.first_read : node.first_read + len(node.needs)]
        staged = {
            (reads[parts[0]].member, reads[parts[0]].operand): self._staged(
                node, [(i, reads[i]) for i in parts], at
            )
            for parts in by_operand(reads)
        }
        shape, place = sizes(node.box, at), self._place(node.buffer, node.box, at)
        target = extract(self.state[node.buffer], place, shape)
        if node.phase is Phase.WHOLE:
            result = self.tiles[node.operator.name, tuple(shape)].place(staged, target)
        else:
            extents = sizes(node.loops, at)
            result = PHASES[node.phase](cluster, staged, target, extents)
        result.owner.attributes[CYCLES] = integer(self._cycles(node, at))
        self._mark(result)
        self.state[node.buffer] = insert(result, self.state[node.buffer], place, shape)

    def _cycles(self, node: Compute, at: Positions) -> int:
        """What the array takes; sums are started and finished with the products."""
        extents = tuple(sizes(node.loops, at))
        if node.phase in (Phase.START, Phase.FINISH) or min(extents, default=1) <= 0:
            return 0
        constants = frozenset(t.name for t in self.dataflow.graph.tensors.values() if t.constant)
        return compute_cycles(Work(node.operator, extents, constants), self.accelerator)

    def _store(self, node: Store, at: Positions) -> None:
        if is_empty(node.box, at):
            return
        name, target = node.buffer.tensor.name, offsets(node.box, at)
        shape, place = sizes(node.box, at), self._place(node.buffer, node.box, at)
        tile = extract(self.state[node.buffer], place, shape)
        part = extract(self.state[name], target, shape)
        stored = self._copy(tile, part, STORE, self._width(node.buffer))
        self.state[name] = insert(stored, self.state[name], target, shape)

    def _copy(
        self, source: ir.Value, target: ir.Value, label: str, value: ir.Attribute | None = None
    ) -> ir.Value:
        copied = linalg.copy(source, outs=[target])
        copied.owner.attributes[label] = value or ir.UnitAttr.get()
        self._mark(copied)
        return copied

    def _mark(self, result: ir.Value) -> None:
        """Only what overlaps needs to know where a step ends."""
        if self.accelerator.double_buffering:
            result.owner.attributes[STEP] = integer(self.section)

    def _width(self, buffer: Buffer) -> ir.Attribute | None:
        """What a transfer says of its elements where they are not those of the accelerator."""
        if not buffer.tensor.is_partial_sum:
            return None
        return integer(element_bytes(buffer.tensor, self.accelerator))

    def _place(self, buffer: Buffer, box: Box, at: Positions) -> list[Offset]:
        return offsets(places(buffer, box), at)

    # Reads ------------------------------------------------------------------------------------

    def _staged(self, node: Compute, reads: Sequence[tuple[int, Read]], at: Positions) -> ir.Value:
        """What one operand of a tile reads: its parts, with their padding around them."""
        parts = [self._part(node, *read, at) for read in reads]
        shape = sizes([need.wanted for need in _along_operand(node, *reads[0])], at)
        return feed(node.operator.name, parts, shape)

    def _part(self, node: Compute, number: int, read: Read, at: Positions) -> Part:
        buffer, box = node.needs[number]
        inside = tuple(r.clamped(n) for r, n in zip(box, buffer.tensor.shape, strict=True))
        if is_empty(inside, at):  # all of it is padding, or lies in other parts
            return Part(read, None, [])
        place, shape = self._place(buffer, box, at), sizes(inside, at)
        if read.view.merges:
            needs = list(needs_of(node, number))
            begin = [first_begin(need.after, at) for need in needs]
            tile = extract(self.state[buffer], place, shape)
            tile = merged(tile, read.view, begin, sizes([need.inside for need in needs], at))
        else:
            tile = extract(self.state[buffer], place, shape, read.view.dimensions)
        along = _along_operand(node, number, read)
        low = [first_begin(need.inside.relative_to(need.wanted), at) for need in along]
        return Part(read, tile, low)


def _along_operand(node: Compute, number: int, read: Read) -> list[Need]:
    """What is needed along every dimension of the operand."""
    needs = {need.outermost: need for need in needs_of(node, number)}
    return [needs[axis.dimensions[0]] for axis in read.view.axes]


def _index(value: int) -> ir.Value:
    return arith.ConstantOp(ir.IndexType.get(), value).result


def _leaves(body: Sequence[Node]) -> Iterator[Node]:
    for node in body:
        if isinstance(node, Loop):
            yield from _leaves(node.body)
        else:
            yield node


def _buffers_filled(body: Sequence[Node]) -> list[Buffer]:
    """The buffers that code in `body` writes, in order."""
    written = [node.buffer for node in _leaves(body) if not isinstance(node, (Store, Loop))]
    return list(dict.fromkeys(written))
