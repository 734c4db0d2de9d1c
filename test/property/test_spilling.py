"""Partial sums spilled to DRAM: priced as they are computed, chosen where they are cheaper."""

import math
from collections import Counter

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from networks import Network, access
from simulator import Simulation

from optimus_mlir.cost import Schedule, build_program, floor_bytes
from optimus_mlir.cost.traffic import elements_read, elements_written
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.fusion.spilling import parts_of, splits_of
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Graph, Split

EYERISS = load_accelerator("eyeriss")


@st.composite
def layers(draw: st.DrawFn) -> Graph:
    """A convolution of one kernel size or a product of matrices, perhaps with a shortcut."""
    rows, columns, depth = (draw(st.integers(2, 14)) for _ in range(3))
    kernel = draw(st.sampled_from([1, 3]))
    network = Network()
    x = network.tensor("x", depth, rows + kernel - 1, columns + kernel - 1)
    channels = draw(st.integers(1, 12))
    w = network.tensor("w", channels, depth, kernel, kernel, constant=True)
    nest = {"k": channels, "h": rows, "w": columns, "c": depth, "r": kernel, "s": kernel}
    reads = [
        access(x, "khwcrs", "c", {"h": 1, "r": 1}, {"w": 1, "s": 1}),
        access(w, "khwcrs", "k", "c", "r", "s"),
    ]
    late = draw(st.sampled_from([0, 1]))
    if late:
        y = network.tensor("y", channels, rows, columns)
        reads.append(access(y, "khwcrs", "k", "h", "w"))
    network.add(nest, "crs", reads, "khw", late)
    return network.graph()


@st.composite
def accelerators(draw: st.DrawFn) -> Accelerator:
    sizes = {"scratchpad_bytes": draw(st.integers(40, 1500)), "element_bits": 8}
    return EYERISS.model_copy(
        update={**sizes, "accumulator_bits": draw(st.sampled_from([8, 16, 32]))}
    )


def cost_in_parts(group: Graph, split: Split, accelerator: Accelerator) -> float:
    choices = [best_schedule(part, accelerator) for part in parts_of(group, split)]
    return sum(choice.price.dram_bytes if choice else math.inf for choice in choices)


@given(layers(), st.data())
def test_parts_move_what_the_whole_reads_and_the_sums(group: Graph, data: st.DataObject) -> None:
    """With all on chip, by elements, against the simulator: a part is an operator like any other."""
    assume(any(splits_of(group)))
    split = data.draw(st.sampled_from(list(splits_of(group))))
    read, written = Counter[str](), Counter[str]()
    for part in parts_of(group, split):
        program, simulation = build_program(part, Schedule()), Simulation(part, Schedule())
        assert elements_read(program) == simulation.reads
        assert elements_written(program) == simulation.writes
        read.update({name: int(n) for name, n in simulation.reads.items()})
        written.update({name: int(n) for name, n in simulation.writes.items()})
    (result,) = group.outputs
    sums = {name: n for name, n in written.items() if name != result}
    assert {read[name] for name in sums} <= {group.tensors[result].elements}
    assert sum(sums.values()) == (len(split.sizes) - 1) * group.tensors[result].elements


@settings(max_examples=max(1, settings.default.max_examples // 5))
@given(layers(), accelerators())
def test_the_cheaper_of_whole_and_split_is_taken(group: Graph, accelerator: Accelerator) -> None:
    whole = best_schedule(group, accelerator)
    chosen = GroupPrices(group, accelerator).best(group.operators)
    if whole is None:
        assert chosen is None
        return
    costs = (cost_in_parts(group, split, accelerator) for split in splits_of(group))
    least = min(whole.price.dram_bytes, *costs)
    event("split" if least < whole.price.dram_bytes else "whole")
    assert chosen is not None
    assert chosen.price.dram_bytes == least
    assert (chosen.split is not None) == (least < whole.price.dram_bytes)
    assert floor_bytes(group, accelerator) <= least
    assert chosen.price.footprint_bytes <= accelerator.scratchpad_bytes


@given(layers(), accelerators(), st.integers(0, 400))
def test_a_larger_scratchpad_never_costs_more(
    group: Graph, accelerator: Accelerator, more: int
) -> None:
    larger = accelerator.model_copy(
        update={"scratchpad_bytes": accelerator.scratchpad_bytes + more}
    )
    less, enough = (GroupPrices(group, a).best(group.operators) for a in (accelerator, larger))
    assume(less is not None)
    assert less is not None
    assert enough is not None
    assert enough.price.dram_bytes <= less.price.dram_bytes
