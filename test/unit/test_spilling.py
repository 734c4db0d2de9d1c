"""The tool that measures whether spilling partial sums would pay."""

import runpy
from dataclasses import replace
from pathlib import Path

from loop_nests import BYTES, conv, graph

from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import with_fields
from optimus_mlir.workload import Graph, Tensor

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "spilling.py"))
SHAPE = (6, 4, 4)


def layer() -> Graph:
    """A convolution of six channels that a shortcut is added to."""
    alone = graph(SHAPE, conv("a", "x", SHAPE, 6, 3, padding=1, residual="y"))
    return replace(alone, tensors={**alone.tensors, "y": Tensor("y", SHAPE)})


def test_parts_are_layers_with_a_shorter_reduction() -> None:
    first, last = (TOOL["part_of"](layer(), 3, 2, is_last=is_last) for is_last in (False, True))
    assert first.tensors["x"].shape == (2, 4, 4)
    assert first.tensors["a.w"].shape == (6, 2, 3, 3)
    assert 3 * first.operators[0].macs == layer().operators[0].macs
    assert "y" not in first.tensors
    assert last.tensors["y"].shape == SHAPE


def test_what_spilling_moves_is_that_of_its_parts_and_of_the_sums() -> None:
    """In a large scratchpad each part moves what it must; two parts write the sums once, read once."""
    weights, image = 6 * 6 * 9, 6 * 16
    sums = 2 * image * BYTES.accumulator_bytes
    found = TOOL["cheapest_spilled"](layer(), with_fields(BYTES, ["scratchpad_bytes=9999"]), 10**6)
    assert (found.parts, found.dram_bytes) == (2, weights + 3 * image + sums)


def test_what_fits_gains_nothing_by_spilling() -> None:
    accelerator = with_fields(BYTES, ["scratchpad_bytes=9999"])
    choice = best_schedule(layer(), accelerator)
    assert choice is not None
    assert TOOL["cheapest_spilled"](layer(), accelerator, choice.price.dram_bytes) is None
