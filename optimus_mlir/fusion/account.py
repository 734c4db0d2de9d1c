"""The account of a group: why its schedule costs what it costs, in figures that add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from optimus_mlir.cost import Schedule, floor_bytes, price, touched_elements
from optimus_mlir.cost.buffers import Buffer, element_bytes
from optimus_mlir.cost.energy import GroupCost
from optimus_mlir.cost.footprint import Lifetime, lifetimes
from optimus_mlir.cost.program import Compute, Load, Program, Store
from optimus_mlir.cost.region import Axis
from optimus_mlir.cost.repeats import Repeat, Visits, visits_of
from optimus_mlir.cost.traffic import walk
from optimus_mlir.fusion.capacities import Capacities, capacities
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Operator

Kind = Literal["weights", "input", "result"]


@dataclass(frozen=True)
class LoopOf:
    """A loop of a schedule: a tile loop over a dimension of the last result, or a block's."""

    operator: str
    is_tile: bool
    number: int  # of the dimension, or of the operator's loop
    size: int
    extent: int


@dataclass(frozen=True)
class Again:
    """DRAM bytes, or multiply-accumulates, that a loop's steps add to what is needed once.

    A halo is what neighbouring steps share; otherwise each of the steps wants all of it.
    """

    loop: LoopOf
    steps: int
    is_halo: bool
    count: int


@dataclass(frozen=True)
class Transfer:
    """What the DRAM traffic of one tensor is made of: `bytes` is the sum of all the other figures.

    `unneeded_bytes` lie between elements that are needed, and come with them. What one `reader`
    fetches for itself though it came for others before is `reread_bytes`, and not needed once more.
    """

    tensor: str
    kind: Kind
    bytes: int
    once_bytes: int
    unneeded_bytes: int
    again: tuple[Again, ...]
    reader: str | None = None
    reread_bytes: int = 0


@dataclass(frozen=True)
class Computation:
    """Multiply-accumulates of one operator, and those of them that repeat others."""

    operator: str
    macs: int
    again: tuple[Again, ...]


@dataclass(frozen=True)
class Resident:
    """A buffer that is live at the group's worst moment: `shape` elements of a tensor."""

    tensor: str
    bytes: int
    shape: tuple[int, ...]
    tensor_shape: tuple[int, ...]
    is_window: bool
    has_partial_sums: bool


@dataclass(frozen=True)
class Account:
    """Names are those of the group given; `residents` and what packing loses make the footprint."""

    dram_bytes: int
    floor_bytes: int
    transfers: tuple[Transfer, ...]
    macs: int
    computations: tuple[Computation, ...]
    footprint_bytes: int
    residents: tuple[Resident, ...]
    capacities: Capacities
    cost: GroupCost


def account_of(
    group: Graph,
    schedule: Schedule,
    accelerator: Accelerator,
    known: Capacities | None = None,
) -> Account:
    """Take a schedule of the group apart; its capacities may be known from an equal group."""
    whole = price(group, schedule, accelerator)
    program = whole.program
    assert program is not None
    return Account(
        whole.dram_bytes,
        floor_bytes(group, accelerator),
        tuple(_transfers(group, program, accelerator)),
        whole.macs,
        tuple(_computations(group, program)),
        whole.footprint_bytes,
        tuple(_residents(program, accelerator)),
        known or capacities(group, accelerator, whole.dram_bytes),
        whole.cost,
    )


def _transfers(group: Graph, program: Program, accelerator: Accelerator) -> Iterator[Transfer]:
    touched = touched_elements(group)
    came: set[str] = set()
    for node, loops, guard in walk(program.body):
        if not isinstance(node, Load | Store):
            continue
        name, visits = node.buffer.tensor.name, visits_of(node.box, loops, guard)
        width = element_bytes(node.buffer.tensor, accelerator)
        needed = visits.distinct
        readers = [node.buffer.reader] if node.buffer.reader else _names(group.consumers[name])
        if isinstance(node, Load) and len(readers) == 1:
            needed = min(needed, touched.get((name, readers[0]), needed))
        once, reread = (0, needed) if name in came else (needed, 0)
        came.add(name)
        yield Transfer(
            name,
            _kind(node),
            visits.total * width,
            once * width,
            (visits.distinct - needed) * width,
            tuple(_again(group, repeat, width) for repeat in visits.repeats),
            node.buffer.reader,
            reread * width,
        )


def _names(operators: Iterable[Operator]) -> list[str]:
    return [operator.name for operator in operators]


def _kind(node: Load | Store) -> Kind:
    if isinstance(node, Store):
        return "result"
    return "weights" if node.buffer.tensor.constant else "input"


def _again(group: Graph, repeat: Repeat, width: int = 1) -> Again:
    count = repeat.elements * width
    return Again(_loop(group, repeat.axis), repeat.steps, repeat.is_halo, count)


def _loop(group: Graph, axis: Axis) -> LoopOf:
    """Axes are named `d2`, after a dimension, or `conv0.l4`, after a loop of an operator."""
    operator, _, loop = axis.name.rpartition(".")
    number, (size,) = int(loop[1:]), axis.sizes
    owner = operator if axis.inner else group.operators[-1].name
    return LoopOf(owner, not axis.inner, number, size, axis.extent)


def _computations(group: Graph, program: Program) -> Iterator[Computation]:
    for node, loops, guard in walk(program.body):
        if isinstance(node, Compute) and node.multiplies:
            visits: Visits = visits_of(node.loops, loops, guard)
            again = tuple(_again(group, repeat) for repeat in visits.repeats)
            yield Computation(node.operator.name, visits.total, again)


def _residents(program: Program, accelerator: Accelerator) -> Iterator[Resident]:
    """The buffers at the moment at which most bytes are live, the largest first."""
    live = lifetimes(program, accelerator)
    worst = max((life.first for life in live.values()), key=lambda moment: _bytes_at(live, moment))
    at_worst = [buffer for buffer, life in live.items() if life.first <= worst <= life.last]
    for buffer in sorted(at_worst, key=lambda buffer: -live[buffer].bytes):
        yield Resident(
            buffer.tensor.name,
            live[buffer].bytes,
            buffer.shape,
            buffer.tensor.shape,
            buffer.window is not None,
            buffer.accumulates,
        )


def _bytes_at(live: dict[Buffer, Lifetime], moment: int) -> int:
    return sum(life.bytes for life in live.values() if life.first <= moment <= life.last)
