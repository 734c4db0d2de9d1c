#!/usr/bin/env python3
"""How fast the emulator is: `.venv/bin/python tools/bench.py [resnet18 ...]` prints a table.

Each network is imported, planned and compiled twice in processes of their own: `cold` with an empty
cache, `warm` with the cache that `cold` has filled; both are CPU time of all cores, from the plan to
machine code. Then PyTorch (eager, one thread, batch norms as
they are) and the emulator run the same network by turns in one process. A turn is measured in CPU
time of its thread, and the best of all turns counts: other programs can only make a turn slower.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import optimus_mlir.accel  # noqa: F401 # makes its dialect known to new contexts
from optimus_mlir.frontends.zoo import zoo_model, zoo_names
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.mlir.program import Printing, print_program
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.runtime.emulator import Emulator
from optimus_mlir.runtime.object_cache import ObjectCache

TURNS = 20
COLUMNS = "network|PyTorch ms|emulator ms|ratio|cold s|warm s|peak MB|error"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(zoo_names())}; default: all")
    parser.add_argument("--accelerator", default="eyeriss")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--compile", metavar="FILE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.compile:
        print(json.dumps(compile_file(arguments.compile, arguments.accelerator)))
        return
    print(f"| {COLUMNS.replace('|', ' | ')} |", "|---" * (COLUMNS.count("|") + 1) + "|", sep="\n")
    for name in arguments.networks or zoo_names():
        print(f"| {' | '.join(measure(name, arguments))} |", flush=True)


def measure(name: str, arguments: argparse.Namespace) -> list[str]:
    """One row of the table."""
    network, inputs = zoo_model(name)
    with tempfile.TemporaryDirectory(prefix="optimus-bench-") as folder:
        file = Path(folder, f"{name}.mlirbc")
        write_network(file, network, inputs)
        environment = os.environ | {"OPTIMUS_CACHE_DIR": str(Path(folder, "cache"))}
        command = [sys.executable, __file__, "--accelerator", arguments.accelerator]
        cold, warm = (
            json.loads(subprocess.check_output([*command, "--compile", str(file)], env=environment))
            for _ in range(2)
        )
        cache = ObjectCache(Path(folder, "cache"))
        emulator = Emulator(planned(file, arguments.accelerator), cache)
        torch_seconds, seconds, error = by_turns(network, inputs, emulator, arguments.turns)
    return [
        name,
        f"{torch_seconds * 1e3:.1f}",
        f"{seconds * 1e3:.1f}",
        f"{seconds / torch_seconds:.2f}",
        f"{cold['compile']:.1f}",
        f"{warm['compile']:.1f}",
        f"{cold['peak_bytes'] / 1e6:.0f}",
        f"{error:.0e}",
    ]


def write_network(file: Path, network: Any, inputs: Any) -> None:
    from optimus_mlir.frontends.torch_import import import_torch

    file.write_bytes(print_program(import_torch(network, inputs), Printing(bytecode=True)))


def planned(file: str | Path, accelerator: str) -> ir.Module:
    module = ir.Module.parseFile(str(file), new_context())
    run_passes(module, [FusePass(accelerator=accelerator)])
    return module


def compile_file(file: str, accelerator: str) -> dict[str, float]:
    """CPU time from a plan to machine code, and the memory of all, without PyTorch in the process."""
    module = planned(file, accelerator)
    before = cpu_seconds()
    Emulator(module, ObjectCache.of_user())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB
    return {"compile": cpu_seconds() - before, "peak_bytes": peak}


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def by_turns(
    network: Any, inputs: Any, emulator: Emulator, turns: int
) -> tuple[float, float, float]:
    """The best times of PyTorch and of the emulator, and how far their results are apart."""
    import torch

    torch.set_num_threads(1)
    arrays = [tensor.numpy() for tensor in inputs]
    torch_seconds, seconds = [], []
    with torch.no_grad():
        for _ in range(turns):
            start = time.thread_time()
            expected = network(*inputs)
            middle = time.thread_time()
            execution = emulator.run(arrays)
            torch_seconds.append(middle - start)
            seconds.append(time.thread_time() - middle)
    error = abs(execution.outputs[0] - expected.numpy()).max() / abs(expected.numpy()).max()
    return min(torch_seconds), min(seconds), float(error)


if __name__ == "__main__":
    main()
