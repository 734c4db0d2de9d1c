#!/usr/bin/env python3
"""How far plans from a table are from those of `online`: `tools/table_gaps.py [network ..]`.

A table learns some sizes of the scratchpad, in geometric progression, from `online`; it is asked in
the middle between each two of them. Prints how many percent more DRAM bytes its plan moves there.
"""

import argparse
from collections.abc import Sequence
from time import process_time

from optimus_mlir.cli.study import Study
from optimus_mlir.frontends.zoo import zoo_names
from optimus_mlir.fusion.learning import Lessons
from optimus_mlir.fusion.solvers import solve_with
from optimus_mlir.target import load_accelerator
from optimus_mlir.workload import Graph

ACCELERATOR = "eyeriss"


def gaps(graph: Graph, runs: Sequence[Sequence[str]], sizes: Sequence[int]) -> dict[int, float]:
    """By size, every other of `sizes`, which fall: the first is learned, the second asked for."""
    lessons = Lessons(graph, load_accelerator(ACCELERATOR), runs)
    asked: dict[int, int] = {}
    for number, size in enumerate(sizes):
        if number % 2:
            asked[size] = solve_with(lessons.prices_in(size), "online", runs).dram_bytes
        else:
            lessons.learn(size)
    table = lessons.table()
    return {size: table.plan(size).dram_bytes / least - 1 for size, least in asked.items()}


def progression(largest: int, smallest: int, count: int) -> list[int]:
    """So many sizes, and one in the middle between each two of them, the largest first."""
    steps = 2 * (count - 1)
    return [round(largest * (smallest / largest) ** (i / steps)) for i in range(steps + 1)]


def row(network: str, sizes: Sequence[int]) -> str:
    study = Study(f"zoo:{network}", ACCELERATOR, (), as_json=False, is_quiet=True, seconds=60)
    with study.dataflow(study.progress()) as dataflow:
        begin = process_time()
        found = gaps(dataflow.graph, [tuple(run) for run in dataflow.runs], sizes)
        cells = (f"{size:,} B: {gap:+.1%}" for size, gap in found.items())
        return f"{network}, {process_time() - begin:.0f} s of CPU time: {', '.join(cells)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help="only these")
    parser.add_argument("--largest", type=int, default=185_856, metavar="BYTES")
    parser.add_argument("--smallest", type=int, default=65_536, metavar="BYTES")
    parser.add_argument("--learned", type=int, default=4, metavar="COUNT")
    wanted = parser.parse_args()
    sizes = progression(wanted.largest, wanted.smallest, wanted.learned)
    for network in wanted.networks or zoo_names():
        print(row(network, sizes), flush=True)


if __name__ == "__main__":
    main()
