#!/usr/bin/env python3
"""How fast the emulator is: `.venv/bin/python tools/bench.py [resnet18 ...]` prints a table.

Each network is imported and compiled twice in processes of their own, which start from a file of
MLIR and end with machine code: `cold` with an empty cache, `warm` with what `cold` left in it. Both
are seconds of the clock for the whole process; `cold` is without `plan`, the search for a plan, which
`warm` finds in the cache. `CPU` is what `cold` took of all cores. `--plans FOLDER` keeps the plans, and
replays those that it finds instead of searching.

Then PyTorch (eager, one thread, batch norms as they are) and the emulator run the same network by
turns in one process. A turn is measured in CPU time of its thread, and the best of all turns counts:
other programs can only make a turn slower. `counting` is what the emulator takes longer than a program
without counters.

`--threads N` prints instead how long one and N threads take, by the clock: the best and the median of
all turns. Both must give the same results and counts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from optimus_mlir.cli.compilation import Compilation
from optimus_mlir.cli.options import Options, Target
from optimus_mlir.cli.plans import save_plan
from optimus_mlir.cli.progress import Progress
from optimus_mlir.frontends.zoo import zoo_model, zoo_names
from optimus_mlir.mlir import ir, new_context
from optimus_mlir.mlir.program import Printing, print_program
from optimus_mlir.runtime.emulator import Emulator
from optimus_mlir.runtime.object_cache import ObjectCache

NETWORKS = ("resnet18", "mobilenet_v2", "vgg16", "resnet50", "vit")
TURNS = 20
COLUMNS = (
    *("network", "PyTorch ms", "emulator ms", "ratio", "counting", "error"),
    *("import s", "plan s", "cold s", "CPU s", "warm s", "peak MB"),
)
THREADS = ("network", "one thread ms", "N threads ms", "ratio", "median one", "median N")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "networks", nargs="*", help=f"of {', '.join(zoo_names())}; default: {', '.join(NETWORKS)}"
    )
    parser.add_argument("--accelerator", default="eyeriss")
    parser.add_argument("--solver", default="online")
    parser.add_argument("--plans", type=Path, help="folder of plans, NETWORK.json")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--threads", type=int, default=1, help="compare so many with one")
    parser.add_argument("--compile", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--replay", metavar="PLAN", default="", help=argparse.SUPPRESS)
    parser.add_argument("--save", metavar="PLAN", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"--threads must be at least 1, not {arguments.threads}")
    if arguments.compile:
        print(json.dumps(compile_file(arguments)))
        return
    by_threads = arguments.threads > 1
    columns, measured = (THREADS, measure_threads) if by_threads else (COLUMNS, measure)
    print(row(columns), "|---" * len(columns) + "|", sep="\n", flush=True)
    for name in arguments.networks or NETWORKS:
        print(row(measured(name, arguments)), flush=True)


def row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def measure(name: str, arguments: argparse.Namespace) -> tuple[str, ...]:
    """One row of the table."""
    with tempfile.TemporaryDirectory(prefix="optimus-bench-") as folder:
        file = Path(folder, f"{name}.mlirbc")
        network, inputs, importing = imported(name, file)
        use_plan(arguments, name)
        with environment(OPTIMUS_CACHE_DIR=str(Path(folder, "cache"))):
            cold, warm = (in_a_process(file, arguments) for _ in range(2))
            module = compiled(file, arguments)[0]
            emulators = [Emulator(module, ObjectCache.of_user(), counts=n) for n in (True, False)]
        ours, uncounted, theirs, error = by_turns(network, inputs, emulators, arguments.turns)
    return (
        name,
        f"{theirs * 1e3:.1f}",
        f"{ours * 1e3:.1f}",
        f"{ours / theirs:.2f}",
        f"{100 * (ours / uncounted - 1):+.1f} %",
        f"{error:.0e}",
        f"{importing:.1f}",
        f"{cold['plan']:.1f}",
        f"{cold['process'] - cold['plan']:.1f}",
        f"{cold['cpu'] - cold['plan_cpu']:.1f}",
        f"{warm['process']:.1f}",
        f"{cold['peak_bytes'] / 1e6:.0f}",
    )


def measure_threads(name: str, arguments: argparse.Namespace) -> tuple[str, ...]:
    """One row of the table for several threads."""
    with tempfile.TemporaryDirectory(prefix="optimus-bench-") as folder:
        file = Path(folder, f"{name}.mlirbc")
        _, inputs, _ = imported(name, file)
        use_plan(arguments, name)
        module = compiled(file, arguments)[0]
        emulators = [
            Emulator(module, ObjectCache.of_user(), threads=n) for n in (1, arguments.threads)
        ]
    arrays = [tensor.numpy() for tensor in inputs]
    seconds: list[list[float]] = [[], []]
    for _ in range(arguments.turns):
        one, several = (emulator.run(arrays) for emulator in emulators)
        assert (one.outputs[0] == several.outputs[0]).all()
        assert one.groups == several.groups
        seconds[0].append(one.run_seconds)
        seconds[1].append(several.run_seconds)
    (best_one, best), medians = map(min, seconds), map(median, seconds)
    ms = (f"{each * 1e3:.1f}" for each in (best_one, best))
    return (name, *ms, f"{best / best_one:.2f}", *(f"{each * 1e3:.1f}" for each in medians))


def use_plan(arguments: argparse.Namespace, name: str) -> None:
    """Replay the network's plan if there is one, else save it."""
    if arguments.plans:
        arguments.plans.mkdir(parents=True, exist_ok=True)
        plan = arguments.plans / f"{name}.json"
        arguments.replay, arguments.save = (str(plan), "") if plan.exists() else ("", str(plan))


def imported(name: str, file: Path) -> tuple[Any, Any, float]:
    """A network, its inputs, and the seconds from PyTorch to linalg, which goes to `file`."""
    from optimus_mlir.frontends.torch_import import import_torch

    network, inputs = zoo_model(name)
    start = time.perf_counter()
    module = import_torch(network, inputs)
    seconds = time.perf_counter() - start
    file.write_bytes(print_program(module, Printing(bytecode=True)))
    return network, inputs, seconds


@contextlib.contextmanager
def environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    yield
    os.environ.clear()
    os.environ.update(before)


def in_a_process(file: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """What `compile_file` says, and how long the process took from start to end."""
    command = [sys.executable, __file__, "--compile", str(file)]
    for option in ("accelerator", "solver", "replay", "save"):
        command += [f"--{option}", getattr(arguments, option)]
    start = time.perf_counter()
    figures = json.loads(subprocess.check_output(command))
    return figures | {"process": time.perf_counter() - start}


def compile_file(arguments: argparse.Namespace) -> dict[str, float]:
    """From MLIR to machine code, without PyTorch in the process."""
    module, planning, plan_cpu = compiled(Path(arguments.compile), arguments)
    Emulator(module, ObjectCache.of_user())
    figures = {"plan": planning, "plan_cpu": plan_cpu, "cpu": cpu_seconds()}
    return figures | {"peak_bytes": peak_bytes()}


def compiled(file: Path, arguments: argparse.Namespace) -> tuple[ir.Module, float, float]:
    """The program of the accelerator, and the seconds and CPU seconds that planning took."""
    module = ir.Module.parseFile(str(file), new_context())
    target = Target(arguments.accelerator, (), "dram-bytes", arguments.solver, arguments.replay)
    options = Options(file.stem, target, None, as_json=False, is_quiet=True)
    compilation = Compilation(module, options, Progress(), ObjectCache.of_user())
    start, cpu = time.perf_counter(), cpu_seconds()
    planned = compilation.plan()
    seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    if arguments.save:
        save_plan(arguments.save, options, planned)
    compilation.compile()
    return compilation.module, seconds, cpu


def peak_bytes() -> int:
    """The most memory that this process has had (Linux; `getrusage` counts the parent's as well)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def by_turns(
    network: Any, inputs: Any, emulators: list[Emulator], turns: int
) -> tuple[float, float, float, float]:
    """The best times of the emulators and of PyTorch, and how far the results are apart."""
    import torch

    torch.set_num_threads(1)
    arrays = [tensor.numpy() for tensor in inputs]
    best = [float("inf")] * (len(emulators) + 1)
    results: list[Any] = [None] * len(best)
    contestants: list[Callable[[], Any]] = [partial(result_of, e, arrays) for e in emulators]
    contestants.append(lambda: network(*inputs).numpy())
    with torch.no_grad():
        for _ in range(turns):
            for number, contestant in enumerate(contestants):
                start = time.thread_time()
                results[number] = contestant()
                best[number] = min(best[number], time.thread_time() - start)
    ours, *_, theirs = results
    ours_seconds, uncounted, theirs_seconds = best
    return ours_seconds, uncounted, theirs_seconds, abs(ours - theirs).max() / abs(theirs).max()


def result_of(emulator: Emulator, arrays: list[Any]) -> Any:
    return emulator.run(arrays).outputs[0]


if __name__ == "__main__":
    main()
