"""Nests and their blocks, without MLIR."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.codegen.blocking import Blocking, VectorUnit, best_blocking
from optimus_mlir.codegen.cpu import AVX2, AVX512, NEON
from optimus_mlir.codegen.nest import Loop, Nest, simplified


def matmul(m: int, n: int, k: int) -> Nest:
    """C[i, j] += A[i, k] * B[k, j], all dense."""
    return Nest((Loop(m, True, (k, 0, n)), Loop(n, True, (0, 1, 1)), Loop(k, False, (1, n, 0))))


def results(blocking: Blocking) -> int:
    return blocking.vectors * math.prod(count for _, count in blocking.unrolled)


def test_loops_that_walk_on_are_merged() -> None:
    rows, columns = Loop(8, True, (16, 32)), Loop(16, True, (1, 2))
    assert simplified((rows, columns)).loops == (Loop(128, True, (1, 2)),)


def test_a_gap_in_one_operand_keeps_loops_apart() -> None:
    rows, columns = Loop(8, True, (16, 20)), Loop(16, True, (1, 1))
    assert simplified((rows, columns)).loops == (rows, columns)


def test_a_reduction_is_not_merged_with_a_parallel_loop() -> None:
    outer, inner = Loop(8, True, (16, 0)), Loop(16, False, (1, 0))
    assert simplified((outer, inner)).loops == (outer, inner)


def test_loops_of_one_iteration_are_dropped() -> None:
    row = Loop(16, True, (1, 1))
    assert simplified((Loop(1, True, (512, 16)), row)).loops == (row,)
    assert simplified((Loop(1, True, (512, 16)),)).loops == (Loop(1, True, (1, 1)),)


@pytest.mark.parametrize("unit", [AVX512, AVX2, NEON])
def test_a_large_matmul_fills_the_registers(unit: VectorUnit) -> None:
    blocking = best_blocking(
        matmul(512, 512, 512), unit.vector_bytes // 4, unit, combines_lanes=True
    )
    assert blocking is not None
    assert blocking.vector_loop == 1
    assert unit.registers / 2 <= results(blocking) <= unit.registers - 4


def test_one_row_times_a_matrix_keeps_several_sums_to_hide_latency() -> None:
    blocking = best_blocking(matmul(1, 1024, 512), 16, AVX512, combines_lanes=True)
    assert blocking is not None
    assert results(blocking) == 4


def test_a_product_with_a_transposed_matrix_reduces_in_lanes() -> None:
    loops = (Loop(8, True, (64, 0, 8)), Loop(8, True, (0, 64, 1)), Loop(64, False, (1, 1, 0)))
    blocking = best_blocking(Nest(loops), 16, AVX512, combines_lanes=True)
    assert blocking is not None
    assert blocking.vector_loop == 2


def test_lanes_that_must_not_be_combined_are_not() -> None:
    sum_of_a_row = Nest((Loop(64, False, (1, 0)),))
    assert best_blocking(sum_of_a_row, 16, AVX512, combines_lanes=False) is None
    assert best_blocking(sum_of_a_row, 16, AVX512, combines_lanes=True) is not None


def test_results_apart_are_scattered_only_if_none_are_neighbours() -> None:
    apart, neighbours = Loop(4, True, (1, 8)), Loop(4, True, (8, 1))
    both = best_blocking(Nest((apart, neighbours)), 16, AVX512, combines_lanes=False)
    alone = best_blocking(Nest((apart,)), 16, AVX512, combines_lanes=False)
    assert both is not None
    assert both.vector_loop == 1
    assert alone == Blocking(0, 1, ())


extents = st.integers(1, 64)


@given(extents, extents, extents, st.sampled_from([AVX512, AVX2, NEON]))
def test_a_block_fits_the_registers_and_the_nest(m: int, n: int, k: int, unit: VectorUnit) -> None:
    nest, lanes = simplified(matmul(m, n, k).loops), unit.vector_bytes // 4
    blocking = best_blocking(nest, lanes, unit, combines_lanes=True)
    assert blocking is not None
    assert results(blocking) + blocking.vectors <= unit.registers
    assert all(count <= nest.loops[number].extent for number, count in blocking.unrolled)
    assert blocking.vector_loop not in dict(blocking.unrolled)
