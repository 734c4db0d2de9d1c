"""Time of stages, with and without overlap."""

import math
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.cost.cycles import Stage, time_of
from optimus_mlir.target import Accelerator, load_accelerator, with_fields

SERIAL = with_fields(load_accelerator("generic"), ["dram_bytes_per_cycle=2", "frequency_mhz=100"])
OVERLAPPED = with_fields(SERIAL, ["double_buffering=true"])


def cycles(accelerator: Accelerator, *stages: Stage) -> int:
    found = time_of(stages, accelerator).cycles
    assert found is not None
    return found


def test_one_after_the_other():
    assert cycles(SERIAL, Stage(3, 10, 4, 7)) == 3 * (5 + 2 + 7)


def test_transfers_hide_behind_computation():
    """Load 5; then 7 cycles a step, in which the next is loaded and the last stored; store 2."""
    assert cycles(OVERLAPPED, Stage(3, 10, 4, 7)) == 5 + 3 * 7 + 2


def test_computation_hides_behind_transfers():
    """Transfers without a pause, but for the last step's computation between load and store."""
    assert cycles(OVERLAPPED, Stage(3, 20, 4, 7)) == 3 * 10 + 2 * 2 + 7 - 2 + 2


def test_weights_first_then_tiles():
    assert cycles(OVERLAPPED, Stage(1, 100, 0, 0), Stage(2, 4, 0, 10)) == 50 + 2 + 20


def test_a_stage_begins_with_the_store_of_the_last():
    """Three steps that store for 3 cycles, then three that store for 40."""
    short, long = Stage(3, 6, 6, 6), Stage(3, 6, 80, 6)
    steps = [Stage(1, 6, 6, 6)] * 3 + [Stage(1, 6, 80, 6)] * 3
    assert cycles(OVERLAPPED, short, long) == cycles(OVERLAPPED, *steps) == played(steps)


def test_transfers_stream_and_a_group_takes_whole_cycles():
    assert cycles(SERIAL, Stage(2, 3, 1, 0)) == 2 * (3 + 1) // 2
    assert cycles(SERIAL, Stage(3, 1, 0, 0)) == 2


def test_a_rate_is_what_is_written():
    """2.4 as a float is a little less: 24 bytes would take a little more than 10 cycles."""
    eyeriss = SERIAL.model_copy(update={"dram_bytes_per_cycle": 2.4})
    assert cycles(eyeriss, Stage(1, 24, 0, 0)) == 10


def test_no_rate_no_cycles():
    unknown = SERIAL.model_copy(update={"dram_bytes_per_cycle": None})
    time = time_of([Stage(3, 10, 4, 7)], unknown)
    assert (time.compute_cycles, time.dma_cycles, time.cycles, time.seconds) == (21,) + (None,) * 3
    assert time.bound is None


def test_seconds_need_a_frequency():
    assert time_of([Stage(1, 0, 0, 50)], SERIAL).seconds == 50 / 100e6
    timeless = SERIAL.model_copy(update={"frequency_mhz": None})
    assert time_of([Stage(1, 0, 0, 50)], timeless).seconds is None


def test_what_limits():
    assert time_of([Stage(1, 10, 0, 6)], SERIAL).bound == "compute"
    assert time_of([Stage(1, 10, 0, 4)], SERIAL).bound == "dram"
    assert time_of([], SERIAL).cycles == 0


sizes = st.integers(0, 60)
stages = st.lists(
    st.builds(Stage, st.integers(0, 40), sizes, sizes, sizes, st.booleans()), max_size=6
)


@given(stages)
def test_overlap_saves_time_but_does_no_magic(some: list[Stage]):
    serial, overlapped = time_of(some, SERIAL), time_of(some, OVERLAPPED)
    assert serial.dma_cycles == overlapped.dma_cycles
    assert serial.dma_cycles is not None
    assert serial.cycles == serial.dma_cycles + serial.compute_cycles
    assert max(serial.dma_cycles, serial.compute_cycles) <= cycles(OVERLAPPED, *some)
    assert cycles(OVERLAPPED, *some) <= cycles(SERIAL, *some)


@given(stages)
def test_a_count_is_that_many_steps(some: list[Stage]):
    steps = [replace(stage, count=1) for stage in some for _ in range(stage.count)]
    assert cycles(OVERLAPPED, *some) == cycles(OVERLAPPED, *steps) == played(steps)


def played(steps: list[Stage]) -> int:
    """The same as a sequencer runs it: wait, start the next load, compute, start the store."""
    now = Fraction(0)
    ready = dma = Fraction(steps[0].load_bytes, 2) if steps else now
    for i, step in enumerate(steps):
        now = max(now, ready)
        if i + 1 < len(steps) and steps[i + 1].load_bytes:
            dma = max(dma, now) + Fraction(steps[i + 1].load_bytes, 2)
        ready = dma
        now += step.compute_cycles
        if step.store_bytes:
            dma = max(dma, now) + Fraction(step.store_bytes, 2)
        ready = dma if step.drains else ready
    return math.ceil(max(now, dma))
