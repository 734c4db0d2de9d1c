"""The laws of meaning, traffic and space, on random networks under random plans."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, note, settings
from hypothesis import strategies as st
from random_networks import networks

import optimus_mlir.accel  # noqa: F401  the dialect registers itself
from optimus_mlir.accel.counters import launches
from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.cost import Block, Keep, Schedule, Tile, Unschedulable, price
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion import SOLVERS, Group
from optimus_mlir.fusion.partition import is_connected
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.passes.group import annotate, entry_functions
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.plain import run_plainly
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Graph

# each case is compiled to machine code twice
a_third = settings(max_examples=max(1, settings.default.max_examples // 3))


@a_third
@given(networks(), st.sampled_from(sorted(SOLVERS)), st.sampled_from([1, 900, 3000, 2**20]))
def test_every_solver_obeys_the_laws(text: str, solver: str, scratchpad_bytes: int) -> None:
    """Too small a scratchpad is refused with the smallest that works, and that one works."""
    note(text)
    module = parse(text)
    fields = f"scratchpad_bytes={scratchpad_bytes}"
    try:
        run_passes(module, [FusePass(accelerator="generic", set=fields, solver=solver)])
    except OptimusError as error:
        smallest = str(error).rsplit("scratchpad_bytes=", 1)[1].split()[0]
        assert int(smallest) > scratchpad_bytes
        module = parse(text)
        fields = f"scratchpad_bytes={smallest}"
        run_passes(module, [FusePass(accelerator="generic", set=fields, solver=solver)])
    check_laws(text, module)


@a_third
@given(networks(), st.integers(0, 2**32), st.sampled_from([8, 16, 32]))
def test_every_plan_obeys_the_laws(text: str, seed: int, element_bits: int) -> None:
    """Random groups with random schedules, in a scratchpad of exactly their footprint."""
    note(text)
    module = parse(text)
    run_passes(module, [NormalizePass()])
    accelerator = with_fields(load_accelerator("generic"), [f"element_bits={element_bits}"])
    plan_at_random(module, accelerator, random.Random(seed))
    note(module.operation.get_asm())
    run_passes(module, [OutlinePass(), TileAndFusePass(), ConvertLinalgToAccelPass()])
    check_laws(text, module)


def check_laws(text: str, module: ir.Module) -> None:
    [main] = entry_functions(parsed := parse(text))
    shape = main.opview.type.inputs[0].shape
    inputs = [np.random.default_rng(0).integers(-8, 9, shape).astype(np.float32)]
    execution = emulate(module, inputs)
    for mine, plain in zip(execution.outputs, run_plainly(parsed, inputs), strict=True):
        np.testing.assert_allclose(mine, plain, rtol=1e-5, atol=1e-5)
    for launch, count in zip(launches(module), execution.groups, strict=True):
        promised = annotations.read_price(launch)
        assert list(count.dram_read_bytes) == promised["dram_read_bytes"]
        assert list(count.dram_write_bytes) == promised["dram_write_bytes"]
        assert count.scratchpad_bytes == promised["footprint_bytes"]


def parse(text: str) -> ir.Module:
    return ir.Module.parse(text, new_context())


def plan_at_random(module: ir.Module, accelerator: Accelerator, rng: random.Random) -> None:
    [function] = entry_functions(module)
    dataflow = read_dataflow(function)
    largest = 1
    with module.context:
        for number, group in enumerate(random_groups(dataflow, rng)):
            canonical = group.canonical()
            schedule = random_schedule(canonical, accelerator, rng)
            cost = price(canonical, schedule, accelerator)
            largest = max(largest, cost.footprint_bytes)
            names = tuple(operator.name for operator in group.operators)
            annotate(dataflow, group, Group(names, schedule, cost), number)
        exact = with_fields(accelerator, [f"scratchpad_bytes={largest}"])
        annotations.write_accelerator(module.operation, exact)


def random_groups(dataflow: Dataflow, rng: random.Random) -> list[Graph]:
    """A random partition into runs of the program order that are groups."""
    groups: list[Graph] = []
    for run in dataflow.runs:
        operators = [o for o in dataflow.graph.operators if o.name in run]
        while operators:
            for length in range(rng.randint(1, len(operators)), 0, -1):
                group = dataflow.graph.group(operators[:length])
                if is_connected(group):
                    break
            groups.append(group)
            operators = operators[length:]
    return groups


def random_schedule(group: Graph, accelerator: Accelerator, rng: random.Random) -> Schedule:
    """Any that makes sense; where twenty do not, the one without loops."""
    shape = group.tensors[group.operators[-1].write.tensor].shape
    wide = [d for d, extent in enumerate(shape) if extent > 1]
    for _ in range(20):
        dimensions = rng.sample(wide, rng.randint(0, min(3, len(wide))))
        tiles = tuple(Tile(d, rng.randint(1, shape[d] - 1)) for d in dimensions)
        schedule = Schedule(tiles, random_keeps(group, len(tiles), rng), random_blocks(group, rng))
        try:
            price(group, schedule, accelerator)
        except Unschedulable:
            continue
        return schedule
    return Schedule()


def random_keeps(group: Graph, most: int, rng: random.Random) -> tuple[Keep, ...]:
    """All tensors at one depth, or some at any."""
    names = sorted(group.tensors)
    if rng.random() < 0.5:
        depth = rng.randint(0, most)
        return tuple(Keep(name, depth) for name in names)
    return tuple(Keep(name, rng.randint(0, most)) for name in names if rng.random() < 0.6)


def random_blocks(group: Graph, rng: random.Random) -> tuple[Block, ...]:
    """Some loops of some operators, in any order; reductions only where they can be cut."""
    blocks: list[Block] = []
    for o in group.operators:
        loops = [
            loop
            for loop, extent in enumerate(o.extents)
            if extent > 1 and (o.splits(loop) or not o.reduction[loop])
        ]
        if loops and rng.random() < 0.5:
            chosen = rng.sample(loops, min(len(loops), rng.randint(1, 3)))
            blocks += [Block(o.name, i, rng.randint(1, o.extents[i] - 1)) for i in chosen]
    return tuple(blocks)
