#!/usr/bin/env python3
"""What every solver takes and finds on the zoo: `tools/solver_times.py [network ..]`.

Writes docs/solver-times.md, and a summary into docs/results.md. Every run is a process of its own, with nothing known beforehand. With
networks it replaces their rows only.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from time import perf_counter

from optimus_mlir.cli.study import Study
from optimus_mlir.frontends.zoo import zoo_names
from optimus_mlir.fusion import SOLVERS
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.solvers import solve_with
from optimus_mlir.target import load_accelerator

PAGE = Path(__file__).parent.parent / "docs" / "solver-times.md"
RESULTS = PAGE.with_name("results.md")
ACCELERATOR = "eyeriss"

HEAD = """\
# What the solvers take

Every solver on the networks of the zoo for `eyeriss` (16 bits, 181.5 KiB), one image; the search stops after {seconds:.0f} s of wall time.
Written by `tools/solver_times.py`. Every run is a process that knows no prices; the import of the model is not counted.
Two cores, of a machine that does other things too. CPU seconds are those of all processes and include the bound.
Memory is the peak of the process; those that help it share most of theirs with it.
The gap is that to the highest bound which a solver of the same network proved. Networks that are not listed were not measured yet.

| network | operators | solver | DRAM bytes | gap | groups | CPU s | wall s | schedule searches | MiB |
|---|---|---|---|---|---|---|---|---|---|
"""

SUMMARY = """
## Time and memory of the solvers

Seconds of wall time, and MiB at the peak, on two cores; written by `tools/solver_times.py`, whose page
[solver-times.md](solver-times.md) has CPU seconds, plans and gaps, too.

"""

Figures = dict[str, float]


def measured(network: str, seconds: float) -> list[str]:
    """The rows of a network."""
    study = Study(f"zoo:{network}", ACCELERATOR, (), as_json=False, is_quiet=True, seconds=seconds)
    with tempfile.NamedTemporaryFile() as file, study.dataflow(study.progress()) as dataflow:
        pickle.dump((dataflow.graph, [tuple(run) for run in dataflow.runs]), file)
        file.flush()
        found = {solver: _in_a_process(file.name, solver, seconds) for solver in SOLVERS}
    bound = max(figures["bound"] for figures in found.values())
    count = len(dataflow.graph.operators)
    return [_row(network, count, solver, figures, bound) for solver, figures in found.items()]


def _in_a_process(graph: str, solver: str, seconds: float) -> Figures:
    command = [sys.executable, __file__, "--measure", graph, solver, "--time-limit", str(seconds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def measure(graph_file: str, solver: str, seconds: float) -> Figures:
    with Path(graph_file).open("rb") as file:
        graph, runs = pickle.load(file)  # noqa: S301 # this tool wrote it
    prices = GroupPrices(graph, load_accelerator(ACCELERATOR))
    cpu, wall = _cpu_seconds(), perf_counter()
    plan = solve_with(prices, solver, runs, seconds)
    return {
        "dram_bytes": plan.dram_bytes,
        "bound": plan.bound,
        "groups": len(plan.groups),
        "cpu": _cpu_seconds() - cpu,
        "wall": perf_counter() - wall,
        "searches": prices.searches,
        "mebibytes": _peak_kib() / 1024,
    }


def _cpu_seconds() -> float:
    """Of this process and those that helped it."""
    return sum(os.times()[:4])


def _peak_kib() -> int:
    """Of this process alone: `getrusage` begins with that of the parent."""
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(peak)


def _row(network: str, count: int, solver: str, of: Figures, bound: float) -> str:
    gap = of["dram_bytes"] / bound - 1
    cells = (
        network,
        str(count),
        solver,
        f"{of['dram_bytes']:,}",
        "optimal" if gap <= 0 else f"{gap:.1%}",
        str(of["groups"]),
        f"{of['cpu']:.1f}",
        f"{of['wall']:.1f}",
        str(of["searches"]),
        f"{of['mebibytes']:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help="only these")
    parser.add_argument("--time-limit", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.measure:
        print(json.dumps(measure(*wanted.measure, wanted.time_limit)))
        return
    for network in wanted.networks or zoo_names():
        rows = measured(network, wanted.time_limit)
        print(*rows, sep="\n", flush=True)
        _replace(network, rows, wanted.time_limit)


def _replace(network: str, rows: list[str], seconds: float) -> None:
    """The page with the rows of one network exchanged, networks in order."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    others = [line for line in lines if line.startswith("| ") and "| DRAM bytes |" not in line]
    kept = [line for line in others if not line.startswith(f"| {network} |")]
    table = sorted([*kept, *rows], key=lambda line: line.split(" | ")[0])
    PAGE.write_text(HEAD.format(seconds=seconds) + "\n".join(table) + "\n")
    results, *_ = RESULTS.read_text().partition(SUMMARY)
    RESULTS.write_text(results + SUMMARY + "\n".join(_summary(table)) + "\n")


def _summary(table: list[str]) -> Iterator[str]:
    """A row for each network, a column for each solver."""
    yield f"| network | {' | '.join(SOLVERS)} |"
    yield "|---" * (1 + len(SOLVERS)) + "|"
    cells = [row.strip("| ").split(" | ") for row in table]
    for network, rows in groupby(cells, key=lambda row: row[0]):
        found = {row[2]: f"{row[7]} s, {row[9]} MiB" for row in rows}
        yield f"| {network} | {' | '.join(found[solver] for solver in SOLVERS)} |"


if __name__ == "__main__":
    main()
