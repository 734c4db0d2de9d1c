"""The cost of a group beyond its traffic: energy by part, cycles, utilisation.

A group is a sequence of steps, as its program runs them. Docs and sources: docs/cost-model.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from optimus_mlir.cost.array import ArrayNest, array_nest
from optimus_mlir.cost.cycles import Stage, Time, time_of
from optimus_mlir.cost.figures import CYCLES, FIGURES, ArrayUse, column, picojoules
from optimus_mlir.cost.unrolling import Counts
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Operator


@dataclass(frozen=True)
class Work:
    """An operator on a tile with these extents, one for each loop of its nest.

    `constants` are the tensors known as weights. Work that `resumes` adds to partial sums that
    work on an earlier part of the reduction left in the scratchpad.
    """

    operator: Operator
    extents: tuple[int, ...]
    constants: frozenset[str] = frozenset()
    resumes: bool = False


@dataclass(frozen=True)
class Step:
    """`count` like steps in a row: bytes from DRAM, work, bytes to DRAM.

    `moved_bytes` are copied within the scratchpad (a window's halo). One that `drains` stores from
    buffers that the next step needs: it does not begin before.
    """

    works: tuple[Work, ...] = ()
    load_bytes: int = 0
    store_bytes: int = 0
    moved_bytes: int = 0
    count: int = 1
    drains: bool = False


@dataclass(frozen=True)
class Energy:
    """Picojoules by part. The buffer's include its side of all DRAM transfers."""

    register_file_pj: float
    array_network_pj: float
    buffer_pj: float
    dram_pj: float
    mac_pj: float

    @property
    def total_pj(self) -> float:
        parts = self.register_file_pj, self.array_network_pj, self.buffer_pj
        return sum(parts) + self.dram_pj + self.mac_pj


@dataclass(frozen=True)
class GroupCost:
    """Energy and time of a group, and what they are made of.

    `utilisation` is the part of the array's MACs that was used while it computed; None if there
    was nothing to compute.
    """

    energy: Energy
    time: Time
    use: ArrayUse
    dram_bytes: int
    utilisation: float | None

    @property
    def energy_delay_pj_cycles(self) -> float | None:
        return None if self.time.cycles is None else self.energy.total_pj * self.time.cycles


def group_cost(steps: Sequence[Step], accelerator: Accelerator) -> GroupCost:
    """Energy and time of a group that runs these steps in this order.

    Like steps that follow each other may be one with a count. Their order decides only what
    overlaps; energy is a sum.
    """
    rows = [_figures(step.works, accelerator) for step in steps]
    total = sum((step.count * row for step, row in zip(steps, rows, strict=True)), _nothing())
    stages = (
        Stage(step.count, step.load_bytes, step.store_bytes, int(row[CYCLES]), step.drains)
        for step, row in zip(steps, rows, strict=True)
    )
    dram_bytes = sum(step.count * (step.load_bytes + step.store_bytes) for step in steps)
    moved_bytes = sum(step.count * step.moved_bytes for step in steps)
    use = ArrayUse.of(total)
    return GroupCost(
        energy_of(total, dram_bytes, moved_bytes, accelerator),
        time_of(stages, accelerator),
        use,
        dram_bytes,
        _utilisation(use, accelerator),
    )


def compute_cycles(work: Work, accelerator: Accelerator) -> int:
    """How long the array takes for it."""
    return int(_figures_of(work, accelerator)[CYCLES])


def prepare(works: Iterable[Work], accelerator: Accelerator) -> None:
    """Work out many tiles at once, so that `group_cost` need only look them up."""
    tiles: dict[ArrayNest, list[tuple[int, ...]]] = {}
    for work in works:
        nest = array_nest(work.operator, accelerator, work.constants)
        tiles.setdefault(nest, []).append(work.extents)
    for nest, its_tiles in tiles.items():
        nest.remember(its_tiles)


def energy_of(
    figures: Counts, dram_bytes: int, moved_bytes: int, accelerator: Accelerator
) -> Energy:
    """Energy of what the array does and of what passes through the scratchpad besides.

    A byte from or to DRAM is one access there and one in the buffer; a moved byte is read and
    written in the buffer. Figures: those of one row.
    """
    register_file, array_network, buffer, mac = (figures @ picojoules(accelerator)).tolist()
    passing = (dram_bytes + 2 * moved_bytes) / accelerator.element_bytes
    return Energy(
        register_file,
        array_network,
        buffer + passing * accelerator.buffer_access_pj,
        dram_bytes / accelerator.element_bytes * accelerator.dram_access_pj,
        mac,
    )


def least_energy_pj(works: Iterable[Work], dram_bytes: int, accelerator: Accelerator) -> float:
    """No schedule that does this work and moves at least these bytes costs less: for pruning."""
    nests = ((array_nest(w.operator, accelerator, w.constants), w) for w in works)
    on_chip = sum(nest.least_pj(work.extents) for nest, work in nests)
    per_access = accelerator.dram_access_pj + accelerator.buffer_access_pj
    return on_chip + dram_bytes / accelerator.element_bytes * per_access


def _nothing() -> Counts:
    return np.zeros(FIGURES, dtype=np.int64)


def _figures(works: Iterable[Work], accelerator: Accelerator) -> Counts:
    return sum((_figures_of(work, accelerator) for work in works), _nothing())


def _figures_of(work: Work, accelerator: Accelerator) -> Counts:
    nest = array_nest(work.operator, accelerator, work.constants)
    figures = nest.figures_of(work.extents)
    return _resumed(figures, nest.results(work.extents)) if work.resumes else figures


def _resumed(figures: Counts, results: int) -> Counts:
    """Partial sums are read back; what the work before wrote was of their width, not a result."""
    changed = figures.copy()
    changed[column("buffer", "psum")] += 2 * results
    changed[column("buffer", "result")] -= results
    changed[column("array_network", "psum")] += results
    return changed


def _utilisation(use: ArrayUse, accelerator: Accelerator) -> float | None:
    if not use.compute_cycles:
        return None
    return use.operations / (use.compute_cycles * accelerator.pes * accelerator.macs_per_pe)
