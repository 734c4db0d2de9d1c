"""The price of a group under a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from optimus_mlir.cost import traffic
from optimus_mlir.cost.energy import GroupCost, group_cost, prepare
from optimus_mlir.cost.footprint import footprint_bytes
from optimus_mlir.cost.program import Program, build_program
from optimus_mlir.cost.schedule import Schedule
from optimus_mlir.cost.steps import steps_of
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph


@dataclass(frozen=True)
class Price:
    """What a group costs: DRAM bytes by tensor, scratchpad bytes, multiply-accumulates.

    Energy and time follow from the program, and are worked out when somebody asks for them.
    """

    dram_read_bytes: Mapping[str, int]
    dram_write_bytes: Mapping[str, int]
    footprint_bytes: int
    macs: int
    program: Program | None = field(default=None, compare=False, repr=False)
    accelerator: Accelerator | None = field(default=None, compare=False, repr=False)

    @cached_property
    def cost(self) -> GroupCost:
        assert self.program is not None, "a price that was read from a file has no program"
        assert self.accelerator is not None
        return cost_of(self.program, self.accelerator)

    @property
    def dram_bytes(self) -> int:
        return sum(self.dram_read_bytes.values()) + sum(self.dram_write_bytes.values())


def price(group: Graph, schedule: Schedule, accelerator: Accelerator) -> Price:
    """Exact traffic and footprint; raises Unschedulable for a schedule that makes no sense."""
    return price_of(build_program(group, schedule), accelerator)


def price_of(program: Program, accelerator: Accelerator) -> Price:
    reads = traffic.bytes_read(program, accelerator)
    writes = traffic.bytes_written(program, accelerator)
    return Price(
        {name: n.item() for name, n in reads.items()},
        {name: n.item() for name, n in writes.items()},
        footprint_bytes(program, accelerator),
        traffic.macs(program).item(),
        program,
        accelerator,
    )


def cost_of(program: Program, accelerator: Accelerator) -> GroupCost:
    """Energy and time of a program."""
    steps = steps_of(program, accelerator)
    prepare((work for step in steps for work in step.works), accelerator)
    return group_cost(steps, accelerator)
