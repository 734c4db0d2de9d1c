"""From a model to a plan, to a program of the accelerator, to an execution; with the time of each."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path

from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.compulsory import compulsory_bytes
from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.analysis.groups import CalledGroup, find_main, read_groups
from optimus_mlir.cli.options import Options, Target
from optimus_mlir.cli.progress import Progress
from optimus_mlir.fusion import Plan, solve
from optimus_mlir.fusion.plan_file import parse_plan, plan_as_json
from optimus_mlir.fusion.replay import replay
from optimus_mlir.mlir import Pass, Step, ir, run_passes
from optimus_mlir.mlir.pipeline import flatten
from optimus_mlir.mlir.run import reproducing
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.passes.group import BOUND, GroupPass, remark_on_hosts
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.kept_passes import KeptPasses, bring_weights
from optimus_mlir.runtime.object_cache import ObjectCache
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Split, split_graph
from optimus_mlir.workload.splitting import split_names

REPRODUCER = Path("optimus-crash.mlir")
BASELINE = "layer-by-layer"


@dataclass(frozen=True)
class Planned:
    """The groups of a network, and what they have to be compared with."""

    accelerator: Accelerator
    groups: tuple[CalledGroup, ...]
    host_operations: tuple[str, ...]
    layer_by_layer: Plan
    floor_bytes: int
    whole: Graph
    graph: Graph  # with the parts of what the plan splits, as `groups` name them
    bound_bytes: int  # no plan of the schedule space moves less, as far as the search has proved
    host_bytes: int = 0  # what those ops read and write, apart from all groups
    stretches: tuple[tuple[str, ...], ...] = ()  # the operators between ops that stay on the host
    splits: tuple[Split, ...] = ()


@dataclass(frozen=True)
class _Yardsticks:
    """What the normalised module says before groups are made: see `Planned`."""

    host_operations: tuple[str, ...]
    host_bytes: int
    layer_by_layer: Plan
    floor_bytes: int
    dataflow: Dataflow


class Compilation:
    """A module on its way; `plan` comes first, then `compile`. `module` is where it has come to.

    With a cache, what has been planned and tiled before is read from it.
    """

    def __init__(
        self,
        module: ir.Module,
        options: Options,
        progress: Progress,
        cache: ObjectCache | None = None,
    ) -> None:
        self.module = module
        self.options = options
        self.progress = progress
        self._kept = kept_passes(options, cache) if cache else None
        self._normalised = module  # later it is, and has the weights that kept passes do without
        self._steps = _steps(options.target)
        self._number = 1  # of the next step

    def plan(self) -> Planned:
        accelerator = self.options.target.load_accelerator()
        find_main(self.module)  # or fail before the work
        with self.progress.step("plan", "normalising"):
            self._run_until(GroupPass)
            self._normalised = self.module
        with self.progress.step("plan", f"planning for {accelerator.name}"):
            with reproducing(self.module.operation, "planning", self._steps, REPRODUCER):
                yardsticks = self._yardsticks(accelerator)
            if self._run_kept(self._steps_before(TileAndFusePass)):
                remark_on_hosts(yardsticks.dataflow, accelerator)
            bound = self._bound()
            groups = read_groups(self.module)
            splits = annotations.read_splits(self.module.operation)
        dataflow, floor = yardsticks.dataflow, yardsticks.floor_bytes
        return Planned(
            accelerator,
            groups,
            yardsticks.host_operations,
            yardsticks.layer_by_layer,
            floor,
            dataflow.graph,
            split_graph(dataflow.graph, splits),
            floor if bound is None else bound,
            yardsticks.host_bytes,
            tuple(split_names(dataflow.graph, run, splits) for run in dataflow.runs),
            splits,
        )

    def _bound(self) -> int | None:
        """DRAM bytes that the search has proved to be needed, if that was what it minimised."""
        attributes = self.module.operation.attributes
        return ir.IntegerAttr(attributes[BOUND]).value if BOUND in attributes else None

    def _yardsticks(self, accelerator: Accelerator) -> _Yardsticks:
        with self.module.context, ir.Location.unknown():
            main = find_main(self.module).operation
            dataflow = read_dataflow(main)
            hosts = tuple(host.name for host in dataflow.hosts)
            host_bytes = sum(h.elements for h in dataflow.hosts) * accelerator.element_bytes
            floor = compulsory_bytes(dataflow, main, accelerator)
        baseline = self._baseline(dataflow, accelerator)
        return _Yardsticks(hosts, host_bytes, baseline, floor, dataflow)

    def _baseline(self, dataflow: Dataflow, accelerator: Accelerator) -> Plan:
        """Layer by layer; read and priced anew if it was kept, which takes a thirtieth of the time."""
        graph, runs = dataflow.graph, dataflow.runs

        def found() -> Plan:
            return solve(graph, accelerator, BASELINE, runs, bounded=False)

        def text_of(plan: Plan) -> str:
            return plan_as_json("", accelerator, plan.network(graph), plan)

        if self._kept is None:
            return found()
        text = self._kept.text(self.module, BASELINE, lambda: text_of(found()))
        return replay(parse_plan(text, BASELINE), BASELINE, graph, accelerator, runs)

    def compile(self) -> None:
        with self.progress.step("compile", "compiling"):
            self._run_kept(list(self._steps))
            if self._kept is not None:
                bring_weights(self._normalised, self.module)

    def _run_until(self, pass_class: type[Pass]) -> None:
        while not isinstance(self._steps[0], pass_class):
            self._run_next()

    def _steps_before(self, pass_class: type[Pass]) -> list[Step]:
        return list(itertools.takewhile(lambda s: not isinstance(s, pass_class), self._steps))

    def _run_kept(self, steps: list[Step]) -> bool:
        """Run these steps, which are the next, or read what they made before: whether it was read."""
        if self._kept is None:
            for _ in steps:
                self._run_next()
            return False
        self.module, was_kept = self._kept.run(self.module, steps, REPRODUCER)
        self._steps = self._steps[len(steps) :]
        return was_kept

    def _run_next(self) -> None:
        run_passes(
            self.module,
            [self._steps.pop(0)],
            dump_after_all=self.options.dump_after_all,
            first_number=self._number,
            reproducer=REPRODUCER,
        )
        self._number += 1


def kept_passes(options: Options, cache: ObjectCache) -> KeptPasses | None:
    """None if the passes leave more than a program, or depend on the time."""
    target = options.target
    if options.dump_after_all or target.time_limit != math.inf:
        return None
    plan = Path(target.plan).read_text() if target.plan else ""
    accelerator = target.load_accelerator().to_dict()
    return KeptPasses(cache, json.dumps([accelerator, plan]))


def _steps(target: Target) -> list[Step]:
    fuse = FusePass(
        accelerator=target.accelerator,
        set=",".join(target.fields),
        objective=target.objective,
        solver=target.solver,
        plan=target.plan,
        time_limit=target.time_limit,
    )
    return list(flatten([fuse]))
