"""Law 3 on paper: buffers that are live together never share a byte, and little is wasted."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from optimus_mlir.cost import Lifetime, pack
from optimus_mlir.cost.footprint import live_bytes

sizes = st.integers(1, 100)


@st.composite
def some_lifetimes(draw: st.DrawFn) -> list[Lifetime]:
    spans = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)
    return [
        Lifetime(size, *draw(spans)) for size in draw(st.lists(st.integers(0, 100), max_size=12))
    ]


@st.composite
def chains(draw: st.DrawFn) -> list[Lifetime]:
    """Each meets the one before and the one after; some live throughout."""
    links = draw(st.lists(sizes, min_size=1, max_size=10))
    chain = [Lifetime(size, i, i + 1) for i, size in enumerate(links)]
    throughout = [Lifetime(size, 0, len(links)) for size in draw(st.lists(sizes, max_size=3))]
    return draw(st.permutations(chain + throughout))


@given(st.one_of(some_lifetimes(), chains()))
def test_live_buffers_never_overlap(lifetimes: list[Lifetime]) -> None:
    packing = pack(lifetimes)
    placed = list(zip(lifetimes, packing.offsets, strict=True))
    assert all(offset >= 0 for offset in packing.offsets)
    assert packing.bytes == max((at + life.bytes for life, at in placed), default=0)
    for (one, at), (other, there) in itertools.combinations(placed, 2):
        together = one.first <= other.last and other.first <= one.last
        assert not together or at + one.bytes <= there or there + other.bytes <= at


@given(some_lifetimes())
def test_the_largest_live_sum_is_a_lower_bound(lifetimes: list[Lifetime]) -> None:
    sums = (sum(x.bytes for x in lifetimes if x.first <= t <= x.last) for t in range(13))
    assert live_bytes(lifetimes) == max(sums)
    assert live_bytes(lifetimes) <= pack(lifetimes).bytes


@given(chains())
def test_a_chain_wastes_nothing(lifetimes: list[Lifetime]) -> None:
    assert pack(lifetimes).bytes == live_bytes(lifetimes)
