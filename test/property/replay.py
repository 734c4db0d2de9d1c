"""Runs a program on a scratchpad whose cells say what they contain, at the packed addresses."""

import itertools
from collections import Counter

from optimus_mlir.cost import addresses
from optimus_mlir.cost.footprint import footprint_bytes
from optimus_mlir.cost.program import (
    Axis,
    Box,
    Buffer,
    Compute,
    Load,
    Loop,
    Node,
    Program,
    Range,
    Shift,
    Store,
)
from optimus_mlir.workload import Access, Graph, Operator

At = dict[Axis, int]
Point = tuple[int, ...]


class Replay:
    """Fails where a node uses what is not there: not yet, not any more, or overwritten."""

    def __init__(self, group: Graph, program: Program) -> None:
        self.group = group
        self.cells: dict[int, tuple[str, Point]] = {}
        self.loaded: Counter[str] = Counter()
        self.stored: Counter[Point] = Counter()
        self.addresses = addresses(program, 1)
        self.capacity = footprint_bytes(program, 1)
        self._body(program.body, {})

    def _body(self, body: tuple[Node, ...], at: At) -> None:
        for node in body:
            match node:
                case Loop():
                    busy = bool(points(node.guard, at))  # an empty guard is one empty point
                    for step in range(node.axis.steps if busy else 0):
                        self._body(node.body, {**at, node.axis: step})
                case Shift():
                    self._shift(node.buffer, at)
                case Load():
                    self._fill(node.buffer, points(node.box, at), at)
                    self.loaded[node.buffer.tensor.name] += len(points(node.box, at))
                case Compute():
                    self._compute(node, at)
                case Store():
                    self._find(node.buffer, points(node.box, at), at)
                    self.stored.update(points(node.box, at))

    def _shift(self, buffer: Buffer, at: At) -> None:
        assert buffer.window is not None
        axis = buffer.region[buffer.window].axis
        assert axis is not None
        if not at[axis]:
            return
        before = {**at, axis: at[axis] - 1}
        halo = points(buffer.region, before) & points(buffer.region, at)
        found = {p: self.cells.get(self._address(buffer, p, before)) for p in halo}
        assert all(found[p] == (buffer.tensor.name, p) for p in halo)
        self._fill(buffer, halo, at)

    def _fill(self, buffer: Buffer, box: set[Point], at: At) -> None:
        for p in box:
            self.cells[self._address(buffer, p, at)] = (buffer.tensor.name, p)

    def _find(self, buffer: Buffer, box: set[Point], at: At) -> None:
        for p in box:
            assert self.cells.get(self._address(buffer, p, at)) == (buffer.tensor.name, p)

    def _compute(self, node: Compute, at: At) -> None:
        box = points(node.box, at)
        for access, (buffer, need) in zip(node.operator.reads, node.needs, strict=True):
            assert buffer.tensor.name == access.tensor
            touched = {p for point in box for p in touches(node.operator, access, point)}
            assert touched <= points(need, at)
            inside = itertools.product(*map(range, buffer.tensor.shape))
            self._find(buffer, touched & set(inside), at)
        self._fill(node.buffer, box, at)

    def _address(self, buffer: Buffer, p: Point, at: At) -> int:
        """Row-major in the buffer's shape, from the first element of its region."""
        address = 0
        for i, r, extent in zip(p, buffer.region, buffer.shape, strict=True):
            begin, end = now(r, at)
            assert begin <= i < end <= begin + extent
            address = address * extent + i - begin
        address += self.addresses[buffer]
        assert address < self.capacity
        return address


def now(r: Range, at: At) -> tuple[int, int]:
    step = 0 if r.axis is None else at[r.axis]
    return int(r.begin[step]), int(r.end[step])


def points(box: Box, at: At) -> set[Point]:
    return set(itertools.product(*(range(*now(r, at)) for r in box)))


def touches(operator: Operator, access: Access, result: Point) -> set[Point]:
    """The elements that one element of the result depends on, padding included."""
    ranges = [range(extent) for extent in operator.extents]
    for index, i in zip(operator.write.indices, result, strict=True):
        ranges[index.coefficients.index(1)] = range(i, i + 1)
    used = sorted({i for index in access.indices for i, c in enumerate(index.coefficients) if c})
    found: set[Point] = set()
    for values in itertools.product(*(ranges[i] for i in used)):
        at = dict(zip(used, values, strict=True))
        found.add(
            tuple(
                index.constant + sum(c * at[i] for i, c in enumerate(index.coefficients) if c)
                for index in access.indices
            )
        )
    return found
