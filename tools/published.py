#!/usr/bin/env python3
"""The networks of the Optimus artefact, planned by us: `tools/published.py [network ..]`.

Writes docs/published.md: DRAM traffic beside that of the authors' code at the same precision and
capacity. Plans are priced, not run: the cost model is what the emulator counts, to the byte.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from published_networks import PUBLISHED, published_graph

from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.solvers import solve_with
from optimus_mlir.target import load_accelerator, with_fields

PAGE = Path(__file__).parent.parent / "docs" / "published.md"
MIB = 2**20
ACCELERATOR = with_fields(load_accelerator("optimus-64reg"), ["accumulator_bits=16"])

HEAD = """\
# Beside the published system

DRAM traffic of the networks of the Optimus artefact (Cai, Wang, Zhang, LCTES 2021): 16 bits an element and a partial sum, as there,
128 KiB of scratchpad (`--accelerator optimus-64reg --set accumulator_bits=16`). Written by `tools/published.py`, with `{solver}` and {seconds:.0f} s of search for each plan.

*Theirs* is what the authors' code prints for the same layers. It leaves out halos, the space of streamed weights, and the traffic of
additions, pools and depthwise convolutions within a group, so it can be too low; ours is what a program moves that fits.
*Floor* is every input, weight and result once. *Bound* is the highest figure that was proved: no plan of the schedule space moves less.
*Closed* is the share of their distance to the floor by which we move less.
Where it is negative and the plan is at the bound, the schedule space has nothing better, or what they leave out is what it takes.
MobileNet with four images is an example: four pairs of a depthwise and a 1x1 convolution of 512 channels move 22.8 MiB of ours.
Their maps pass in eight tile steps, since a tile needs space for halos and blocks of weights too, and each step brings 0.5 MiB of weights.
VGG is far from both because its layers are: alone, under the best schedules of the space, they take 127.4 MiB for one image, and at least
104.4 MiB under any schedule (communication bound, `cost/communication.py`). Networks that are not listed were not measured yet.

| network | batch | theirs, MiB | ours, MiB | floor | bound | above the bound | closed | groups | CPU s |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Result:
    network: str
    batch: int
    ours: float  # MiB, as are the next three
    theirs: float | None
    floor: float
    bound: float
    groups: int
    seconds: float

    @property
    def closed(self) -> float | None:
        return (
            None if self.theirs is None else (self.theirs - self.ours) / (self.theirs - self.floor)
        )

    def row(self) -> str:
        cells = (
            self.network,
            str(self.batch),
            "-" if self.theirs is None else f"{self.theirs:.2f}",
            f"**{self.ours:.2f}**",
            f"{self.floor:.2f}",
            f"{self.bound:.2f}",
            f"{self.ours / self.bound - 1:.1%}",
            "-" if self.closed is None else f"{self.closed:.0%}",
            str(self.groups),
            f"{self.seconds:.0f}",
        )
        return f"| {' | '.join(cells)} |"


def planned(network: str, batch: int, solver: str, seconds: float) -> Result:
    graph = published_graph(network, batch)
    prices = GroupPrices(graph, ACCELERATOR)
    begin = process_time()
    plan = solve_with(prices, solver, (), seconds)
    return Result(
        network,
        batch,
        plan.dram_bytes / MIB,
        PUBLISHED["dram_mib"][network].get(str(batch)),
        prices.floor(graph.operators) / MIB,
        plan.bound / MIB,
        len(plan.groups),
        process_time() - begin,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help="only these; the rows of others stay")
    parser.add_argument("--batch", type=int, action="append", help="only this batch (repeatable)")
    parser.add_argument("--solver", default="offline")
    parser.add_argument("--time-limit", type=float, default=60, metavar="SECONDS")
    wanted = parser.parse_args()
    for network in wanted.networks or PUBLISHED["networks"]:
        for batch in wanted.batch or (1, 4):
            row = planned(network, batch, wanted.solver, wanted.time_limit).row()
            print(row, flush=True)
            _replace(row, HEAD.format(solver=wanted.solver, seconds=wanted.time_limit))


def _replace(row: str, head: str) -> None:
    """The page with one row exchanged, networks in order."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    rows = {_key(line): line for line in lines if line.startswith("| ") and "MiB" not in line}
    rows[_key(row)] = row
    PAGE.write_text(head + "".join(f"{rows[key]}\n" for key in sorted(rows)))


def _key(row: str) -> tuple[str, ...]:
    """Network and batch."""
    return tuple(row.split(" | ")[:2])


if __name__ == "__main__":
    main()
