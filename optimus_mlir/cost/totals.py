"""What groups cost together: they run one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from optimus_mlir.cost.cycles import Time
from optimus_mlir.cost.energy import Energy, GroupCost
from optimus_mlir.target import Accelerator

Figure = TypeVar("Figure", int, float)


@dataclass(frozen=True)
class Total:
    """Energy and time of several groups; `utilisation` is that of the array while it computes."""

    energy: Energy
    time: Time
    utilisation: float | None


def total_of(costs: Sequence[GroupCost], accelerator: Accelerator) -> Total:
    times = [cost.time for cost in costs]
    time = Time(
        sum(time.compute_cycles for time in times),
        _sum_if_known((time.dma_cycles for time in times), 0),
        _sum_if_known((time.cycles for time in times), 0),
        _sum_if_known((time.seconds for time in times), 0.0),
    )
    return Total(_energy(costs), time, _utilisation(costs, time.compute_cycles, accelerator))


def _energy(costs: Iterable[GroupCost]) -> Energy:
    energies = [cost.energy for cost in costs]
    return Energy(
        sum(energy.register_file_pj for energy in energies),
        sum(energy.array_network_pj for energy in energies),
        sum(energy.buffer_pj for energy in energies),
        sum(energy.dram_pj for energy in energies),
        sum(energy.mac_pj for energy in energies),
    )


def _sum_if_known(figures: Iterable[Figure | None], zero: Figure) -> Figure | None:
    """None as soon as one of them is not known."""
    known: list[Figure] = []
    for figure in figures:
        if figure is None:
            return None
        known.append(figure)
    return sum(known, start=zero)


def _utilisation(
    costs: Iterable[GroupCost], compute_cycles: int, accelerator: Accelerator
) -> float | None:
    if not compute_cycles:
        return None
    operations = sum(cost.use.operations for cost in costs)
    return operations / (compute_cycles * accelerator.pes * accelerator.macs_per_pe)
