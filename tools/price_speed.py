#!/usr/bin/env python3
"""How many schedules of a fused group the cost model prices in a second, on one core.

The group is the residual block of ResNet-18's first stage: two 3x3 convolutions of 64 channels at
56x56, with the shortcut. A schedule is priced when its DRAM bytes, its multiply-accumulates and the
lower bound of its footprint are known, which is what the search ranks and rejects schedules by.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from time import perf_counter, process_time

from optimus_mlir.fusion.costs import Space
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

IMAGE = (1, 64, 56, 56)
KERNEL = (64, 64, 3, 3)
LOOPS = "nkhwcrs"


@dataclass(frozen=True)
class Speed:
    """One pass over the whole schedule space of a group."""

    families: int
    schedules: int
    seconds: float
    processor_seconds: float  # of all threads: no more than the seconds, if one core did it

    @property
    def per_second(self) -> float:
        return self.schedules / self.seconds


def measure(group: Graph, accelerator: Accelerator) -> Speed:
    """Price every schedule of the space once, with nothing known of the group beforehand."""
    begin, begin_processor = perf_counter(), process_time()
    families = schedules = 0
    for costs in Space(group, accelerator).members():
        families += 1
        schedules += (costs.dram_bytes + costs.macs + costs.least_bytes).size
    return Speed(families, schedules, perf_counter() - begin, process_time() - begin_processor)


def residual_block() -> Graph:
    tensors = {name: Tensor(name, IMAGE) for name in ("x", "y", "z")}
    tensors |= {name: Tensor(name, KERNEL, constant=True) for name in ("v", "w")}
    operators = (convolution("a", "x", "v", "y"), convolution("b", "y", "w", "z", shortcut="x"))
    return Graph(operators, tensors, ("z",))


def convolution(
    name: str, source: str, weights: str, result: str, *, shortcut: str | None = None
) -> Operator:
    """3x3, padded by one; the shortcut is added to the finished sums."""
    reads = [
        access(source, "n", "c", "h+r", "w+s"),
        access(weights, "k", "c", "r", "s"),
        *([] if shortcut is None else [access(shortcut, "n", "k", "h", "w")]),
    ]
    extents = (*(1, 64, 56, 56), *(64, 3, 3))
    reduction = (False,) * 4 + (True,) * 3
    write = access(result, "n", "k", "h", "w")
    return Operator(name, extents, reduction, tuple(reads), write, epilogue_reads=len(reads) - 2)


def access(tensor: str, *indices: str) -> Access:
    """`h+r` is a row of the image under a kernel with a row of padding above it."""
    linear = (
        Linear(tuple(int(loop in index) for loop in LOOPS), -int("+" in index)) for index in indices
    )
    return Access(tensor, tuple(linear))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--accelerator", default="eyeriss", metavar="NAME|FILE.yaml")
    arguments.add_argument("--repeat", type=int, default=5, metavar="N", help="best of N passes")
    given = arguments.parse_args()
    group, accelerator = residual_block(), load_accelerator(given.accelerator)
    speeds = [measure(group, accelerator) for _ in range(given.repeat)]
    first, best = speeds[0], max(speeds, key=lambda speed: speed.per_second)
    print(f"{best.schedules} schedules in {best.families} families on {accelerator.name}")
    for title, speed in (("first pass", first), ("best pass", best)):
        print(
            f"{title}: {speed.seconds:.3f} s ({speed.processor_seconds:.3f} s of processor time), "
            f"{speed.per_second:,.0f} schedules/s"
        )


if __name__ == "__main__":
    main()
