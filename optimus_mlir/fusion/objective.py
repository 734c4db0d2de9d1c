"""What a plan is to have little of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost import Price
from optimus_mlir.cost.array import array_nest
from optimus_mlir.errors import OptimusError
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Operator

Figures = NDArray[np.float64] | NDArray[np.int64]  # one per combination of tile sizes

OBJECTIVES = ("dram-bytes", "energy", "cycles")


@dataclass(frozen=True)
class Objective:
    """A figure of a group's price that adds up over the groups of a plan: less is better.

    A group that moves n DRAM bytes has at least n times `per_dram_byte` of it, and an iteration of
    an operator with these weights costs at least `per_operation`. Where the two overlap, the
    larger is a bound, and else their sum.
    """

    name: str
    of: Callable[[Price], float]
    per_dram_byte: float
    per_operation: Callable[[Operator, frozenset[str]], float] = lambda _operator, _weights: 0
    overlaps: bool = False

    def least(self, dram_bytes: Figures, operations: Figures) -> Figures:
        """A lower bound for schedules of which the operations cost this at the least."""
        moving = np.asarray(dram_bytes * self.per_dram_byte, dtype=np.float64)
        return np.maximum(moving, operations) if self.overlaps else moving + operations


DRAM_BYTES = Objective("dram-bytes", lambda price: price.dram_bytes, 1)


def objective_of(name: str, accelerator: Accelerator) -> Objective:
    """The objective of this name; an OptimusError where the accelerator lacks what it needs."""
    match name:
        case "dram-bytes":
            return DRAM_BYTES
        case "energy":
            return _energy(accelerator)
        case "cycles":
            return _cycles(accelerator)
        case _:
            choices = ", ".join(OBJECTIVES)
            raise OptimusError(f"unknown objective '{name}': choose one of {choices}")


def _energy(accelerator: Accelerator) -> Objective:
    """Picojoules. A byte to or from DRAM is an access there and one in the scratchpad."""
    per_element = accelerator.dram_access_pj + accelerator.buffer_access_pj
    per_byte = per_element / accelerator.element_bytes

    def per_operation(operator: Operator, weights: frozenset[str]) -> float:
        return array_nest(operator, accelerator, weights).least_pj_per_operation

    return Objective("energy", lambda price: price.cost.energy.total_pj, per_byte, per_operation)


def _cycles(accelerator: Accelerator) -> Objective:
    """The one DMA engine moves a byte at a time; no PE does more than it can in a cycle."""
    rate = accelerator.dram_bytes_per_cycle
    if rate is None:
        raise OptimusError(
            f"{accelerator.name}: cycles cannot be the objective, since dram_bytes_per_cycle is "
            f"not known: set it (--set dram_bytes_per_cycle=4), or choose energy"
        )
    per_cycle = accelerator.pes * accelerator.macs_per_pe
    overlaps = accelerator.double_buffering
    return Objective("cycles", _cycles_of, 1 / rate, lambda _o, _w: 1 / per_cycle, overlaps)


def _cycles_of(price: Price) -> float:
    cycles = price.cost.time.cycles
    assert cycles is not None
    return cycles
