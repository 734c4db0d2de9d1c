"""Runs a program on a scratchpad whose cells say what they contain, at the packed addresses."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from optimus_mlir.cost import Program, addresses
from optimus_mlir.cost.buffers import Buffer
from optimus_mlir.cost.footprint import footprint_bytes
from optimus_mlir.cost.nest import Box
from optimus_mlir.cost.program import Compute, Load, Loop, Node, Phase, Shift, Store
from optimus_mlir.cost.region import Axis, Range
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Access, Graph, Operator

At = dict[Axis, int]
Point = tuple[int, ...]


@dataclass(frozen=True)
class Content:
    """One element; while it is a sum, the iterations of its reductions that it contains."""

    tensor: str
    point: Point
    summed: frozenset[Point] | None = None


class Replay:
    """Fails where a node uses what is not there: not yet, not any more, or overwritten."""

    def __init__(self, group: Graph, program: Program, accelerator: Accelerator) -> None:
        self.group = group
        self.accelerator = accelerator
        self.bytes: dict[int, Content] = {}
        self.loaded: Counter[str] = Counter()
        self.stored: Counter[tuple[str, Point]] = Counter()
        self.addresses = addresses(program, accelerator)
        self.capacity = footprint_bytes(program, accelerator)
        self._body(program.body, {})

    def _body(self, body: tuple[Node, ...], at: At) -> None:
        for node in body:
            match node:
                case Loop():
                    busy = bool(points(node.guard, at))  # an empty guard is one empty point
                    for step in range(node.axis.only_steps if busy else 0):
                        self._body(node.body, {**at, node.axis: step})
                case Shift():
                    if points(node.guard, at):
                        self._shift(node.buffer, at)
                case Load():
                    loaded = points(node.box, at) if points(node.guard, at) else set[Point]()
                    self._fill(node.buffer, loaded, at)
                    self.loaded[node.buffer.tensor.name] += len(loaded)
                case Compute():
                    if points(node.guard, at):
                        self._compute(node, at)
                case Store():
                    name, stored = node.buffer.tensor.name, points(node.box, at)
                    self._find(node.buffer, stored, at)
                    self.stored.update((name, point) for point in stored)

    # Cells ------------------------------------------------------------------------------------

    def _fill(self, buffer: Buffer, box: set[Point], at: At) -> None:
        for p in box:
            self._put(buffer, p, at, Content(buffer.tensor.name, p))

    def _find(self, buffer: Buffer, box: set[Point], at: At) -> None:
        for p in box:
            assert self._get(buffer, p, at) == Content(buffer.tensor.name, p)

    def _put(self, buffer: Buffer, p: Point, at: At, content: Content) -> None:
        self.bytes |= dict.fromkeys(self._cell(buffer, p, at), content)

    def _get(self, buffer: Buffer, p: Point, at: At) -> Content | None:
        """What all bytes of an element's place belong to."""
        contents = {self.bytes.get(byte) for byte in self._cell(buffer, p, at)}
        return contents.pop() if len(contents) == 1 else None

    def _cell(self, buffer: Buffer, p: Point, at: At) -> range:
        """Row-major in the buffer's shape, from the first element of its region."""
        place = 0
        for i, r, extent in zip(p, buffer.region, buffer.shape, strict=True):
            begin, end = now(r, at)
            assert begin <= i < end <= begin + extent
            place = place * extent + i - begin
        width = buffer.element_bytes(self.accelerator)
        first = self.addresses[buffer] + place * width
        assert first + width <= self.capacity
        return range(first, first + width)

    def _shift(self, buffer: Buffer, at: At) -> None:
        """Whether what moves is what it should be shows when it is read."""
        axis = buffer.sliding
        assert axis is not None
        if not at[axis]:
            return
        before = {**at, axis: at[axis] - 1}
        halo = points(buffer.region, before) & points(buffer.region, at)
        found = {p: self._get(buffer, p, before) for p in halo}
        for p, content in found.items():
            if content is not None:
                self._put(buffer, p, at, content)

    # Computations -----------------------------------------------------------------------------

    def _compute(self, node: Compute, at: At) -> None:
        box = points(node.box, at)
        match node.phase:
            case Phase.WHOLE:
                self._read(node, whole_loops(node.operator), at)
                self._fill(node.buffer, box, at)
            case Phase.START:
                for p in box:
                    self._put(node.buffer, p, at, sums(node, p, frozenset()))
            case Phase.PARTIAL:
                loops = [range(*now(r, at)) for r in node.loops]
                self._read(node, loops, at)
                self._accumulate(node, box, loops, at)
            case Phase.FINISH:
                complete = frozenset(reductions(node.operator, whole_loops(node.operator)))
                for p in box:
                    assert self._get(node.buffer, p, at) == sums(node, p, complete)
                self._read(node, whole_loops(node.operator), at)
                self._fill(node.buffer, box, at)

    def _accumulate(self, node: Compute, box: set[Point], loops: list[range], at: At) -> None:
        """Every iteration is added once."""
        adding = frozenset(reductions(node.operator, loops))
        for p in box:
            sum_ = self._get(node.buffer, p, at)
            already = sum_.summed if sum_ else None
            assert already is not None
            assert sum_ == sums(node, p, already)
            assert not already & adding
            self._put(node.buffer, p, at, sums(node, p, already | adding))

    def _read(self, node: Compute, loops: list[range], at: At) -> None:
        """What an operator touches to compute a box, in those iterations, is in the buffers."""
        box = points(node.box, at)
        accesses = node.operator.reads[node.first_read :][: len(node.needs)]
        for access, (buffer, need) in zip(accesses, node.needs, strict=True):
            assert buffer.tensor.name == access.tensor
            touched = {p for point in box for p in touches(node.operator, access, point, loops)}
            assert touched <= points(need, at)
            inside = itertools.product(*map(range, buffer.tensor.shape))
            self._find(buffer, touched & set(inside), at)


def sums(node: Compute, point: Point, iterations: frozenset[Point]) -> Content:
    return Content(node.buffer.tensor.name, point, iterations)


def whole_loops(operator: Operator) -> list[range]:
    return [range(extent) for extent in operator.extents]


def reductions(operator: Operator, loops: list[range]) -> Iterator[Point]:
    """The iterations of the reductions, of all or of a block."""
    return itertools.product(
        *(loop for loop, reduces in zip(loops, operator.reduction, strict=True) if reduces)
    )


def now(r: Range, at: At) -> tuple[int, int]:
    step = 0 if r.axis is None else at[r.axis]
    return int(r.begin[step]), int(r.end[step])


def points(box: Box, at: At) -> set[Point]:
    return set(itertools.product(*(range(*now(r, at)) for r in box)))


def touches(operator: Operator, access: Access, result: Point, loops: list[range]) -> set[Point]:
    """The elements that one element of the result depends on, padding included."""
    ranges = list(loops)
    for index, i in zip(operator.write.indices, result, strict=True):
        ranges[index.coefficients.index(1)] = range(i, i + 1)
    used = sorted({i for index in access.indices for i, c in enumerate(index.coefficients) if c})
    found: set[Point] = set()
    for values in itertools.product(*(ranges[i] for i in used)):
        at = dict(zip(used, values, strict=True))
        sums = (
            index.constant + sum(c * at[i] for i, c in enumerate(index.coefficients) if c)
            for index in access.indices
        )
        places = [
            range(s // index.divisor, s // index.divisor + index.span)
            for s, index in zip(sums, access.indices, strict=True)
        ]
        found.update(itertools.product(*places))
    return found
