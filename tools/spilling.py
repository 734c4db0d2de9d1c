#!/usr/bin/env python3
"""Would it pay to spill partial sums? For every layer of a network alone, the answer in DRAM bytes.

What the layer moves in parts (`optimus_mlir/fusion/spilling.py`) is compared with what it moves
under the best schedule that leaves no sum in DRAM.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from optimus_mlir.cli.progress import Progress
from optimus_mlir.cli.study import Study
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.fusion.spilling import cheapest_spilled
from optimus_mlir.target import Accelerator, with_fields
from optimus_mlir.workload import Graph

WIDTHS = (8, 32), (8, 8), (16, 16)  # bits of an element, and of an accumulator


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
    if spilled is None or spilled.split is None:
        return False
    saved = 1 - spilled.price.dram_bytes / choice.price.dram_bytes
    loop, sizes = spilled.split.loop, spilled.split.sizes
    print(
        f"  {operator.name} {operator.extents}: loop {loop} in parts of {sizes} saves {saved:.1%}"
    )
    return True


if __name__ == "__main__":
    main()
