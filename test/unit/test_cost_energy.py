"""Energy and time of a group of steps."""

import pytest
from loop_nests import conv

from optimus_mlir.cost.energy import Step, Work, group_cost, least_energy_pj, prepare
from optimus_mlir.target import load_accelerator, preset_names, with_fields

CONV = conv("c", "x", (16, 14, 14), 16, 3, padding=1)
EYERISS = load_accelerator("eyeriss")
WORK = Work(CONV, (16, 7, 14, 16, 3, 3))


def test_parts_of_energy():
    """By hand from the accesses: 16-bit elements, 32-bit sums, so sums cost two accesses."""
    cost = group_cost([Step((WORK,), load_bytes=200, store_bytes=100, moved_bytes=50)], EYERISS)
    use, energy = cost.use, cost.energy
    registers = use.register_file
    assert energy.register_file_pj == registers.ifmap + registers.filter + 2 * registers.psum
    hops = use.array_network
    assert energy.array_network_pj == 0.25 * (hops.ifmap + hops.filter + 2 * hops.psum)
    elements = use.buffer.ifmap + use.buffer.filter + use.buffer.result + 2 * use.buffer.psum
    assert energy.buffer_pj == 6 * (elements + (200 + 100 + 2 * 50) / 2)
    assert energy.dram_pj == 200 * 150
    assert energy.mac_pj == use.macs == 16 * 7 * 14 * 16 * 9
    parts = (energy.register_file_pj, energy.array_network_pj, energy.buffer_pj)
    assert energy.total_pj == sum(parts) + energy.dram_pj + energy.mac_pj


def test_a_count_is_that_many_steps():
    step = Step((WORK,), load_bytes=200, store_bytes=100)
    twice = Step((WORK,), load_bytes=200, store_bytes=100, count=2)
    assert group_cost([twice], EYERISS) == group_cost([step, step], EYERISS)


def test_resumed_work_reads_and_leaves_partial_sums():
    """Half of the channels, then the other half: one more write and read of each sum."""
    half = (16, 7, 14, 8, 3, 3)
    fresh = group_cost([Step((Work(CONV, half),), count=2)], EYERISS).use.buffer
    resumed = group_cost(
        [Step((Work(CONV, half), Work(CONV, half, resumes=True)))], EYERISS
    ).use.buffer
    results = 16 * 7 * 14
    assert resumed.psum == fresh.psum + 2 * results
    assert resumed.result == fresh.result - results


def test_time():
    cost = group_cost([Step((WORK,), load_bytes=240, store_bytes=24, count=2)], EYERISS)
    assert cost.time.dma_cycles == 2 * (100 + 10)
    assert cost.time.compute_cycles == cost.use.compute_cycles
    assert cost.time.cycles == 220 + cost.use.compute_cycles
    assert cost.energy_delay_pj_cycles == cost.energy.total_pj * cost.time.cycles


def test_prepared_works_cost_the_same():
    works = [Work(CONV, (k, h, 14, 16, 3, 3)) for k in (3, 5) for h in (2, 7)]
    other = EYERISS.model_copy(update={"name": "prepared"})
    prepare(works, other)
    assert group_cost([Step(tuple(works))], other) == group_cost([Step(tuple(works))], EYERISS)


def test_nothing_to_compute():
    cost = group_cost([Step(load_bytes=10)], EYERISS)
    assert cost.utilisation is None
    assert cost.energy.mac_pj == 0


def test_the_bound_is_what_no_schedule_avoids():
    """A MAC, and of the register file two operands and a sum of twice the width back and forth."""
    assert least_energy_pj([WORK], 10, EYERISS) == CONV.macs // 2 * (1 + 2 + 4) + 5 * 206


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_prices_a_convolution(name: str):
    cost = group_cost([Step((WORK,))], load_accelerator(name))
    assert cost.utilisation is not None
    assert 0 < cost.utilisation <= 1
    assert cost.energy.total_pj > cost.energy.mac_pj > 0


def test_fewer_bits_cost_less_dram():
    """Energies are per element: half the bytes are as many elements of half the width."""
    narrow = with_fields(EYERISS, ["element_bits=8"])
    wide, slim = (
        group_cost([Step(load_bytes=n)], one) for n, one in ((200, EYERISS), (100, narrow))
    )
    assert wide.energy == slim.energy
