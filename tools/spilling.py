#!/usr/bin/env python3
"""Would it pay to spill partial sums? For every layer of a network alone, the answer in DRAM bytes.

A spilled schedule runs a reduction in parts, one after the other over all of the result: each part
but the first reads the sums back, each but the last writes them, at the accumulators' width.
In between, a part is a layer with a shorter reduction, and is given its own best schedule. What such
a schedule moves is compared with the best schedule that leaves no sum in DRAM.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimus_mlir.cli.progress import Progress
from optimus_mlir.cli.study import Study
from optimus_mlir.cost import floor_bytes
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import Accelerator, with_fields
from optimus_mlir.workload import Access, Graph, Tensor

WIDTHS = (8, 32), (8, 8), (16, 16)  # bits of an element, and of an accumulator


@dataclass(frozen=True)
class Spilled:
    """A reduction in so many parts with sums that go through DRAM between them."""

    loop: int
    parts: int
    dram_bytes: int


def cheapest_spilled(group: Graph, accelerator: Accelerator, below: int) -> Spilled | None:
    """The cheapest spilled schedule of a layer; None if all move `below` bytes or more."""
    (operator,) = group.operators
    sums = group.tensors[operator.write.tensor].elements * accelerator.accumulator_bytes
    found: list[Spilled] = []
    for loop, extent in enumerate(operator.extents):
        for parts in range(2, extent + 1 if operator.splits(loop) else 2):
            through_dram = 2 * (parts - 1) * sums
            if floor_bytes(group, accelerator) + through_dram >= below:
                break
            alone = _in_parts(group, accelerator, loop, parts)
            if alone is not None and alone + through_dram < below:
                found.append(Spilled(loop, parts, alone + through_dram))
    return min(found, key=lambda spilled: spilled.dram_bytes, default=None)


def _in_parts(group: Graph, accelerator: Accelerator, loop: int, parts: int) -> int | None:
    """DRAM bytes but for the partial sums; None where a part does not fit."""
    (operator,) = group.operators
    size, longer = divmod(operator.extents[loop], parts)
    kinds = (size + 1, longer, False), (size, parts - longer - 1, False), (size, 1, True)
    total = group.tensors[operator.write.tensor].elements * accelerator.element_bytes
    for extent, count, is_last in kinds:
        if count:
            part = part_of(group, loop, extent, is_last=is_last)
            choice = best_schedule(part, accelerator)
            if choice is None:
                return None
            total += count * sum(choice.price.dram_read_bytes.values())
    return total


def part_of(group: Graph, loop: int, extent: int, *, is_last: bool) -> Graph:
    """The layer with a shorter reduction; what is merged behind the sums belongs to the last."""
    (operator,) = group.operators
    late = operator.epilogue_reads if is_last else 0
    reads = operator.reads[: len(operator.reads) - operator.epilogue_reads + late]
    extents = tuple(extent if i == loop else n for i, n in enumerate(operator.extents))
    part = replace(operator, extents=extents, reads=reads, epilogue_reads=late)
    tensors = {a.tensor: _shorter(group.tensors[a.tensor], a, loop, extent) for a in reads}
    tensors[part.write.tensor] = group.tensors[part.write.tensor]
    return Graph((part,), tensors, group.outputs)


def _shorter(tensor: Tensor, access: Access, loop: int, extent: int) -> Tensor:
    shape = tuple(
        index.coefficients[loop] * (extent - 1) + 1 if loop in index.loops else n
        for n, index in zip(tensor.shape, access.indices, strict=True)
    )
    return replace(tensor, shape=shape)


def layers(model: str) -> Iterator[Graph]:
    """The different layers of a network that sum something up, each alone."""
    study = Study(model, "generic", (), as_json=False, is_quiet=True, seconds=0)
    with study.dataflow(Progress()) as dataflow:
        alone = (dataflow.graph.group([operator]) for operator in dataflow.graph.operators)
        different = {group.signature: group for group in alone if group.operators[0].macs}
    yield from different.values()


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("models", nargs="+", metavar="MODEL")
    arguments.add_argument("--kib", nargs="+", type=int, default=[16, 64, 256], metavar="KIB")
    given = arguments.parse_args()
    base = Study("", "generic", (), as_json=False, is_quiet=True, seconds=0).load_accelerator()
    for model in given.models:
        groups = list(layers(model))
        for kib in given.kib:
            for element, accumulator in WIDTHS:
                fields = [f"element_bits={element}", f"accumulator_bits={accumulator}"]
                accelerator = with_fields(base, [*fields, f"scratchpad_bytes={kib}KiB"])
                cheaper = sum(_report(group, accelerator) for group in groups)
                print(
                    f"{model}, {kib} KiB, {element}-bit elements, {accumulator}-bit sums: "
                    f"spilling is cheaper for {cheaper} of {len(groups)} layers",
                    flush=True,
                )


def _report(group: Graph, accelerator: Accelerator) -> bool:
    (operator,) = group.operators
    choice = best_schedule(group, accelerator)
    if choice is None:
        print(f"  {operator.name} does not fit")
        return False
    spilled = cheapest_spilled(group, accelerator, choice.price.dram_bytes)
    if spilled is not None:
        saved = choice.price.dram_bytes - spilled.dram_bytes
        print(f"  {operator.name} {operator.extents}: {spilled} saves {saved} bytes")
    return spilled is not None


if __name__ == "__main__":
    main()
