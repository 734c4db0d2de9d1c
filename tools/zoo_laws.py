#!/usr/bin/env python3
"""Laws 1-3 and 5 on networks of the zoo: `.venv/bin/python tools/zoo_laws.py [network ..]`.

Plans each network with every solver for every accelerator and scratchpad, compiles each plan that is
not the same as another solver's, runs it, and compares: results with PyTorch's, counted bytes and
scratchpad with what was promised, and every solver's traffic with what it was in less scratchpad.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from optimus_mlir.accel.counters import launches
from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.cli.difference import compare
from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.reference import run_torch
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model, zoo_names
from optimus_mlir.fusion import Plan
from optimus_mlir.fusion.plan_file import plan_as_json
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.solvers import SOLVERS, solve_with
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.mlir.constants import Array
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.object_cache import ObjectCache
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.target.sizes import parse_bytes
from optimus_mlir.workload import Graph

MONOTONE = ("offline", "contiguous")


@dataclass
class Network:
    """A program as torch-mlir emits it, its operators, and what PyTorch makes of its inputs."""

    name: str
    program: str
    inputs: list[Array]
    expected: list[Array]
    graph: Graph
    stretches: Sequence[Sequence[str]]

    @staticmethod
    def of(name: str) -> Network:
        model, inputs = zoo_model(name)
        arrays = [tensor.numpy() for tensor in inputs]
        module = import_torch(model, inputs)
        program = str(module)
        run_passes(module, [NormalizePass()])
        with module.context, ir.Location.unknown():
            dataflow = read_dataflow(find_main(module).operation)
        expected = run_torch(model, arrays)
        return Network(name, program, arrays, expected, dataflow.graph, dataflow.runs)


@dataclass
class Campaign:
    seconds: float
    solvers: Sequence[str]
    only_plans: bool
    runs: int = 0
    failures: list[str] = field(default_factory=list[str])

    def check(self, network: Network, preset: str, sizes: Sequence[int]) -> None:
        """All solvers at all sizes, the largest first: most of its prices hold in the smaller ones."""
        prices: GroupPrices | None = None
        more: dict[str, int] = {}
        for size in sorted(sizes, reverse=True):
            accelerator = with_fields(load_accelerator(preset), [f"scratchpad_bytes={size}"])
            where = f"{network.name} on {preset}, {size // 1024} KiB"
            prices = prices.in_less(size) if prices else GroupPrices(network.graph, accelerator)
            try:
                moved = dict(self._solvers(network, prices, where))
            except OptimusError as error:
                print(f"{where}: refused: {error}", flush=True)
                return
            for solver in MONOTONE:
                if moved.get(solver, math.inf) < more.get(solver, 0):
                    self._failed(f"{where}, {solver}: {more[solver]} with more scratchpad")
            more = moved

    def _solvers(
        self, network: Network, prices: GroupPrices, where: str
    ) -> Iterator[tuple[str, int]]:
        seen: dict[object, str] = {}
        for solver in self.solvers:
            start = time.monotonic()
            plan = solve_with(prices, solver, network.stretches, self.seconds)
            planned = time.monotonic() - start
            moved = sum(group.price.dram_bytes for group in plan.groups)
            key = tuple((group.operators, group.schedule) for group in plan.groups)
            if key in seen:
                result = f"the plan of {seen[key]}"
            elif self.only_plans:
                seen[key], result = solver, "not run"
            else:
                seen[key] = solver
                result = self._run(network, prices.accelerator, plan, f"{where}, {solver}")
            print(
                f"{where}, {solver}: {moved:,} B, planned in {planned:.1f} s, {result}", flush=True
            )
            if planned < self.seconds:  # else it may have found more with more time
                yield solver, moved

    def _run(self, network: Network, accelerator: Accelerator, plan: Plan, where: str) -> str:
        self.runs += 1
        start = time.monotonic()
        try:
            complaints = list(broken_laws(network, accelerator, plan))
        except Exception:  # noqa: BLE001 a compiler that crashes is one finding of many
            complaints = [traceback.format_exc(limit=-3)]
        for complaint in complaints:
            self._failed(f"{where}: {complaint}")
        return f"{'WRONG' if complaints else 'holds'} after {time.monotonic() - start:.1f} s"

    def _failed(self, what: str) -> None:
        self.failures.append(what)
        print(f"WRONG: {what}", flush=True)


def broken_laws(network: Network, accelerator: Accelerator, plan: Plan) -> Iterator[str]:
    """What differs when a plan is compiled and run."""
    module = ir.Module.parse(network.program, new_context())
    text = plan_as_json(network.name, accelerator, plan.network(network.graph), plan)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(text)
        run_passes(module, [FusePass(plan=str(file))])
    execution = emulate(module, network.inputs, ObjectCache.of_user())
    difference = compare(execution.outputs, network.expected, "PyTorch")
    if not difference.is_tolerable:
        yield f"results: {difference}"
    for launch, count in zip(launches(module), execution.groups, strict=True):
        promised = annotations.read_price(launch)
        counted = {
            "dram_read_bytes": list(count.dram_read_bytes),
            "dram_write_bytes": list(count.dram_write_bytes),
            "footprint_bytes": count.scratchpad_bytes,
        }
        for what, figure in counted.items():
            if figure != promised[what]:
                yield f"group {count.number}: {what} {figure}, promised {promised[what]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="The laws on networks of the zoo.")
    parser.add_argument("networks", nargs="*", metavar="network", default=zoo_names())
    parser.add_argument("--accelerators", nargs="+", default=["eyeriss", "generic", "ethos-u65"])
    parser.add_argument("--scratchpads", nargs="+", default=["64KiB", "256KiB", "1MiB"])
    parser.add_argument("--solvers", nargs="+", default=list(SOLVERS))
    parser.add_argument("--time-limit", type=float, default=60, help="seconds of each search")
    parser.add_argument("--only-plans", action="store_true", help="monotony: run nothing")
    arguments = parser.parse_args()
    campaign = Campaign(arguments.time_limit, arguments.solvers, arguments.only_plans)
    for name in arguments.networks:
        network = Network.of(name)
        for preset in arguments.accelerators:
            campaign.check(network, preset, [parse_bytes(size) for size in arguments.scratchpads])
    print(f"{campaign.runs} plans ran, {len(campaign.failures)} wrong")
    sys.exit(bool(campaign.failures))


if __name__ == "__main__":
    main()
