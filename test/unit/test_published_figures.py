"""Traffic that other systems report for a schedule, in bytes at eight bits an element."""

import pytest
from loop_nests import conv, graph

from optimus_mlir.cost import Keep, Price, Schedule, Tile, floor_bytes, price
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Graph, Operator


def accelerator(scratchpad_bytes: int) -> Accelerator:
    fields = ["element_bits=8", f"scratchpad_bytes={scratchpad_bytes}"]
    return with_fields(load_accelerator("generic"), fields)


def unpadded(source: tuple[int, int, int], *layers: tuple[int, int]) -> Graph:
    """Convolutions of (kernel, channels) after each other, without padding."""
    operators: list[Operator] = []
    read, (channels, rows, columns) = "x", source
    for i, (kernel, results) in enumerate(layers):
        rows, columns = rows - kernel + 1, columns - kernel + 1
        operators.append(conv(f"f{i}", read, (results, rows, columns), channels, kernel))
        read, channels = f"f{i}.o", results
    return graph(source, *operators)


# DeFiNES (Mei et al., HPCA 2023), its case study: tiles of FSRCNN's result, by columns and rows.
# The halo of all layers together is 14. Weights come once; elements outside of the image never.

FSRCNN = unpadded(
    (1, 554, 974), (5, 56), (1, 12), (3, 12), (3, 12), (3, 12), (3, 12), (1, 56), (3, 16)
)
RESULT, WEIGHTS, HALO = 16 * 540 * 960, 15_992, 14
ROWS, COLUMNS = 1, 2


def fsrcnn(columns: int, rows: int, depth: int | None) -> Price:
    maps = [name for name, tensor in FSRCNN.tensors.items() if not tensor.constant]
    keeps = () if depth is None else tuple(Keep(name, depth) for name in maps)
    schedule = Schedule((Tile(ROWS, rows), Tile(COLUMNS, columns)), keeps)
    return price(FSRCNN, schedule, accelerator(2**20))


def fetched(extent: int, tile: int) -> int:
    """Along one dimension, where every tile fetches its halo."""
    return extent + -(-extent // tile) * HALO


@pytest.mark.parametrize(
    ("columns", "rows", "recomputed", "cached_along_rows"),
    [(60, 72, 9_082_360, 8_945_440), (16, 18, 10_038_392, 9_245_432)],
)
def test_tiles_of_fsrcnn_cost_what_defines_says(
    columns: int, rows: int, recomputed: int, cached_along_rows: int
) -> None:
    of = fsrcnn(columns, rows, None)
    assert of.dram_read_bytes["x"] == fetched(960, columns) * fetched(540, rows)
    assert of.dram_bytes == recomputed
    of = fsrcnn(columns, rows, 1)
    assert of.dram_read_bytes["x"] == (960 + HALO) * fetched(540, rows)
    assert of.dram_bytes == cached_along_rows
    of = fsrcnn(columns, rows, 0)
    assert of.dram_read_bytes["x"] == 974 * 554
    assert of.dram_bytes == 974 * 554 + RESULT + WEIGHTS == 8_849_988


def test_tiles_of_fsrcnn_recompute_what_defines_says() -> None:
    """And in its 64 KiB for the inputs and 64 KiB for the results of each layer."""
    once = fsrcnn(16, 18, 0).macs
    assert once == sum(operator.macs for operator in FSRCNN.operators)
    assert round(fsrcnn(16, 18, 1).macs / once, 3) == 1.161
    assert round(fsrcnn(16, 18, None).macs / once, 3) == 1.421
    for depth in (1, None):
        assert fsrcnn(16, 18, depth).footprint_bytes - WEIGHTS < 2 * 64 * 1024


# Three convolutions of 3x3. AccelForge 1.0 (LoopTree's model, the mapper Fast and Fusiest) finds the
# unfused 807,232 bytes at 32 and 64 KiB, 467,712 at 192 KiB, and the floor at 512 KiB only.

CHAIN3_VALID = unpadded((16, 70, 70), (3, 32), (3, 32), (3, 32))


def test_line_buffers_reach_the_floor_of_a_chain_in_64_kib() -> None:
    target = accelerator(64 * 1024)
    choice = best_schedule(CHAIN3_VALID, target)
    assert choice is not None
    assert choice.price.dram_bytes == floor_bytes(CHAIN3_VALID, target) == 232_512
