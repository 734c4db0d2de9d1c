"""Which copies make the loops of a nest walk on, and when a nest is run over copies."""

from __future__ import annotations

import itertools

from optimus_mlir.codegen.choice import Choice, best_choice
from optimus_mlir.codegen.cpu import AVX512
from optimus_mlir.codegen.nest import Loop
from optimus_mlir.codegen.packing import Packing, packed_nests


def convolution(
    filters: int, rows: int, columns: int, channels: int, taps: int
) -> tuple[Loop, ...]:
    """Loops f, h, w, c, r, s over the input, the weights and the result."""
    width = columns + taps - 1
    plane = (rows + taps - 1) * width
    return (
        Loop(filters, True, (0, channels * taps**2, rows * columns)),
        Loop(rows, True, (width, 0, columns)),
        Loop(columns, True, (1, 0, 1)),
        Loop(channels, False, (plane, taps**2, 0)),
        Loop(taps, False, (width, taps, 0)),
        Loop(taps, False, (1, 1, 0)),
    )


def choice(loops: tuple[Loop, ...]) -> Choice:
    found = best_choice(loops, 16, AVX512, combines_lanes=True)
    assert found is not None
    return found


def test_rows_and_columns_become_one_and_filter_rows_share_the_rows_of_the_input() -> None:
    loops = convolution(64, 28, 2, 64, 3)
    plane = 30 * 4
    copy = Packing(0, ((64, plane), (3, 1), (30, 4), (2, 1)))
    packed = next(p for p in packed_nests(loops) if p.packings == (copy,))
    assert copy.elements == 64 * 3 * 30 * 2
    assert copy.steps == (180, 60, 2, 1)
    assert Loop(56, True, (1, 0, 1)) in packed.nest.loops
    assert Loop(3, False, (2, 3, 0)) in packed.nest.loops  # the rows of the filter


def test_a_copy_holds_what_the_nest_reads_through_it() -> None:
    for packed in packed_nests(convolution(3, 4, 2, 5, 2)):
        for packing in packed.packings:
            read = addresses([loop.strides[packing.operand] for loop in packed.nest.loops],
                             [loop.extent for loop in packed.nest.loops])  # fmt: skip
            assert read == set(range(packing.elements))
            filled = addresses([loop.strides[1] for loop in packing.copying().loops],
                               [loop.extent for loop in packing.copying().loops])  # fmt: skip
            assert filled == read


def addresses(strides: list[int], extents: list[int]) -> set[int]:
    steps = itertools.product(*map(range, extents))
    return {sum(i * s for i, s in zip(step, strides, strict=True)) for step in steps}


def test_narrow_tiles_are_run_over_copies() -> None:
    assert [p.operand for p in choice(convolution(64, 28, 2, 64, 3)).packings][:1] == [0]


def test_the_input_of_a_single_column_is_packed_like_the_weights() -> None:
    found = choice(convolution(64, 4, 1, 64, 3))
    assert found.nest.loops[found.blocking.vector_loop] == Loop(576, False, (1, 1, 0))


def test_wide_tiles_and_small_nests_are_run_as_they_are() -> None:
    assert choice(convolution(64, 8, 64, 64, 3)).packings == ()
    assert choice(convolution(2, 7, 7, 512, 3)).packings == ()  # copies would take longer


def test_elementwise_nests_are_not_packed() -> None:
    loops = (Loop(30, True, (4, 2)), Loop(2, True, (1, 1)))
    assert choice(loops).packings == ()
