"""The price of a group under a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optimus_mlir.cost import traffic
from optimus_mlir.cost.footprint import footprint_bytes
from optimus_mlir.cost.program import Program, build_program
from optimus_mlir.cost.schedule import Schedule
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph


@dataclass(frozen=True)
class Price:
    """What a group costs: DRAM bytes by tensor, scratchpad bytes, multiply-accumulates."""

    dram_read_bytes: Mapping[str, int]
    dram_write_bytes: Mapping[str, int]
    footprint_bytes: int
    macs: int

    @property
    def dram_bytes(self) -> int:
        return sum(self.dram_read_bytes.values()) + sum(self.dram_write_bytes.values())


def price(group: Graph, schedule: Schedule, accelerator: Accelerator) -> Price:
    """Exact traffic and footprint; raises Unschedulable for a schedule that makes no sense."""
    return price_of(build_program(group, schedule), accelerator)


def price_of(program: Program, accelerator: Accelerator) -> Price:
    width = accelerator.element_bytes
    reads, writes = traffic.elements_read(program), traffic.elements_written(program)
    return Price(
        {name: n.item() * width for name, n in reads.items()},
        {name: n.item() * width for name, n in writes.items()},
        footprint_bytes(program, accelerator),
        traffic.macs(program).item(),
    )
