"""Accesses of the array: against a walk over every step of every PE, and what must always hold."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.cost.accesses import Mapping, fetches_for_every_mac, fetches_kept
from optimus_mlir.cost.array import array_nest
from optimus_mlir.cost.energy import Energy, Step, Work, group_cost, least_energy_pj
from optimus_mlir.cost.figures import ArrayUse, picojoules
from optimus_mlir.target import ROLES, Accelerator, load_accelerator
from optimus_mlir.workload import Access, Linear, Operator

# Nests --------------------------------------------------------------------------------------------


@st.composite
def convolutions(draw: st.DrawFn) -> Operator:
    """N K P Q C R S, any stride and dilation, some with a residual; some are depthwise."""
    extents = tuple(draw(st.integers(1, 4)) for _ in range(7))
    stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    grouped = draw(st.booleans())

    def linear(**terms: int) -> Linear:
        return Linear(tuple(terms.get(loop, 0) for loop in "nkpqcrs"))

    rows, columns = linear(p=stride, r=dilation), linear(q=stride, s=dilation)
    reads = [
        Access("x", (linear(n=1), linear(k=1) if grouped else linear(c=1), rows, columns)),
        Access("w", (linear(k=1), linear(c=1), linear(r=1), linear(s=1))),
    ]
    write = Access("o", (linear(n=1), linear(k=1), linear(p=1), linear(q=1)))
    if draw(st.booleans()):
        reads.append(Access("y", write.indices))
    return Operator(
        "conv", extents, (False,) * 4 + (True,) * 3, tuple(reads), write, draw(st.booleans())
    )


@st.composite
def accelerators(draw: st.DrawFn) -> Accelerator:
    dataflow = draw(
        st.sampled_from(
            ["row-stationary", "weight-stationary", "output-stationary", "no-local-reuse"]
        )
    )
    roles = st.lists(st.sampled_from(ROLES), unique=True, max_size=4).map(tuple)
    held = draw(st.sampled_from([None, ("ifmap", "filter", "psum"), ("filter", "psum")]))
    return load_accelerator("eyeriss").model_copy(
        update={
            "dataflow": dataflow,
            "pe_rows": draw(st.integers(1, 6)),
            "pe_columns": draw(st.integers(1, 6)),
            "unrolled_rows": draw(roles),
            "unrolled_columns": draw(roles),
            "registers_hold": held,
            "register_file_bytes": draw(st.sampled_from([1, 16, 64, 512])),
            "dram_bytes_per_cycle": draw(st.sampled_from([0.5, 3.0])),
            "double_buffering": draw(st.booleans()),
        }
    )


def use(operator: Operator, accelerator: Accelerator) -> ArrayUse:
    return ArrayUse.of(array_nest(operator, accelerator).figures_of(operator.extents))


# The walk -----------------------------------------------------------------------------------------


@st.composite
def mappings(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], tuple[int, ...], list[Access]]:
    """Four loops (p, r, k, c) in any order: extent, side by side, block."""
    loops: list[tuple[int, int, int]] = []
    for _ in range(4):
        extent = draw(st.integers(1, 5))
        side = draw(st.integers(1, extent))
        loops.append((extent, side, draw(st.integers(1, -(-extent // side)))))
    order = tuple(draw(st.permutations(range(4))))
    stride = draw(
        st.integers(1, 2)
    )  # from 3 on, blocks with gaps share some that the model forgoes
    return (
        loops,
        order,
        [
            Access("x", (Linear((stride, 1, 0, 0)), Linear((0, 0, 0, 1)))),
            Access("w", (Linear((0, 1, 0, 0)), Linear((0, 0, 1, 0)), Linear((0, 0, 0, 1)))),
            Access("o", (Linear((1, 0, 0, 0)), Linear((0, 0, 1, 0)))),
        ],
    )


Box = tuple[range, ...]


def touched(access: Access, box: Box) -> set[tuple[int, ...]]:
    if not all(box):
        return set()
    per_index = [
        {
            sum(index.coefficients[i] * v for i, v in zip(index.loops, values, strict=True))
            for values in itertools.product(*(box[i] for i in index.loops))
        }
        for index in access.indices
    ]
    return set(itertools.product(*per_index))


def boxes(
    loops: list[tuple[int, int, int]], order: tuple[int, ...], pe: tuple[int, ...] | None
) -> Iterator[tuple[dict[int, int], Box]]:
    """At every step of the loops around the blocks, what the array (or one PE) works on."""
    trips = [-(-extent // (side * block)) for extent, side, block in loops]
    for counts in itertools.product(*(range(trips[i]) for i in order)):
        at = dict(zip(order, counts, strict=True))
        box: list[range] = []
        for i, (extent, side, block) in enumerate(loops):
            begin = (at[i] * side + (pe[i] if pe else 0)) * block
            box.append(range(begin, min(begin + block * (1 if pe else side), extent)))
        yield at, tuple(box)


def walked(
    loops: list[tuple[int, int, int]],
    order: tuple[int, ...],
    access: Access,
    pe: tuple[int, ...] | None,
) -> int:
    """Elements fetched anew; what the last block had is kept while only the sweeping loop moves."""
    moving = [i for i in order if i in access.loops and loops[i][0] > loops[i][1] * loops[i][2]]
    sweeping = moving[-1] if moving else None
    outer = order[: order.index(sweeping)] if sweeping is not None else ()
    keeps_halo = pe is None or sweeping is None or loops[sweeping][1] == 1
    fetched, held, place = 0, set[tuple[int, ...]](), None
    for at, box in boxes(loops, order, pe):
        here = ([at[i] for i in outer], at[sweeping] if sweeping is not None else 0)
        elements = touched(access, box)
        if place is None or here[0] != place[0] or not (keeps_halo or here == place):
            held = set()
        fetched += len(elements - held)
        if elements:
            held, place = elements, here
    return fetched


@given(mappings())
def test_fetches_of_what_is_kept_are_those_of_a_walk(case) -> None:
    loops, order, accesses = case
    arrays = [[np.array([[n]]) for n in column] for column in zip(*loops, strict=True)]
    mapping = Mapping(arrays[0], arrays[1], arrays[2], order)
    for access in accesses:
        found = fetches_kept(mapping, access)
        assert found.array.item() == walked(loops, order, access, None)
        pes = itertools.product(*(range(side) for _, side, _ in loops))
        assert found.pes.item() == sum(walked(loops, order, access, pe) for pe in pes)


@given(mappings())
def test_what_is_not_kept_is_fetched_in_every_cycle(case) -> None:
    loops, order, accesses = case
    singles = [(extent, side, 1) for extent, side, _ in loops]
    arrays = [[np.array([[n]]) for n in column] for column in zip(*loops, strict=True)]
    mapping = Mapping(arrays[0], arrays[1], arrays[2], order)
    for access in accesses:
        every_cycle = sum(len(touched(access, box)) for _, box in boxes(singles, order, None))
        assert fetches_for_every_mac(mapping, access).array.item() == every_cycle


# What must always hold ----------------------------------------------------------------------------


@given(convolutions(), accelerators())
def test_nothing_is_fetched_less_than_once(operator: Operator, accelerator: Accelerator) -> None:
    of = use(operator, accelerator)
    n, k, p, q, *_ = operator.extents
    assert of.operations == math.prod(operator.extents)
    assert of.macs == (of.operations if operator.multiplies else 0)
    assert of.buffer.result >= n * k * p * q
    whole = tuple(map(range, operator.extents))
    assert of.buffer.ifmap + of.buffer.filter >= sum(
        len(touched(access, whole)) for access in operator.reads[:2]
    )
    assert of.array_network.psum >= n * k * p * q


@given(convolutions(), accelerators())
def test_utilisation_is_a_part(operator: Operator, accelerator: Accelerator) -> None:
    cost = group_cost([Step((Work(operator, operator.extents),))], accelerator)
    assert cost.utilisation is not None
    assert 0 < cost.utilisation <= 1


@given(convolutions(), accelerators())
def test_more_pes_never_take_longer(operator: Operator, accelerator: Accelerator) -> None:
    cycles = use(operator, accelerator).compute_cycles
    for side in ("pe_rows", "pe_columns"):
        larger = accelerator.model_copy(update={side: getattr(accelerator, side) + 1})
        assert use(operator, larger).compute_cycles <= cycles


@given(convolutions(), accelerators(), st.integers(0, 1000))
def test_no_cost_is_below_its_bound(
    operator: Operator, accelerator: Accelerator, dram_bytes: int
) -> None:
    work = Work(operator, operator.extents)
    energy = group_cost([Step((work,), load_bytes=dram_bytes)], accelerator).energy
    bound = least_energy_pj([work], dram_bytes, accelerator)
    assert bound <= energy.total_pj * (1 + 1e-12)


@given(convolutions(), accelerators())
def test_the_mapping_is_the_cheapest_of_its_kind(
    operator: Operator, accelerator: Accelerator
) -> None:
    """A larger register file allows everything that a smaller one does."""
    larger = accelerator.model_copy(update={"register_file_bytes": 2**14})

    def on_chip_pj(one: Accelerator) -> float:
        figures = array_nest(operator, one).figures_of(operator.extents)
        return float((figures @ picojoules(one)).sum())

    assert on_chip_pj(larger) <= on_chip_pj(accelerator) * (1 + 1e-12)


steps = st.builds(
    Step,
    st.just(()),
    load_bytes=st.integers(0, 500),
    store_bytes=st.integers(0, 500),
    moved_bytes=st.integers(0, 500),
    count=st.integers(1, 20),
)


@given(convolutions(), accelerators(), st.lists(steps, max_size=4))
def test_costs_add_up(operator: Operator, accelerator: Accelerator, some: list[Step]) -> None:
    some = [*some, Step((Work(operator, operator.extents),), count=3)]
    whole = group_cost(some, accelerator)
    parts = [group_cost([step], accelerator) for step in some]
    total = sum(part.energy.total_pj for part in parts)
    assert math.isclose(whole.energy.total_pj, total, rel_tol=1e-9)
    assert whole.dram_bytes == sum(part.dram_bytes for part in parts)
    assert whole.time.compute_cycles == sum(part.time.compute_cycles for part in parts)
    assert isinstance(whole.energy, Energy)
