"""Where two dimensions may be swapped, tiles along one cost what the same tiles along the other do."""

from dataclasses import replace

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st
from networks import Network, networks

from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.mirror import mirror
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Access, Graph, Linear

TARGETS = [
    load_accelerator("eyeriss"),
    with_fields(load_accelerator("eyeriss"), ["double_buffering=true", "accumulator_bits=16"]),
]


@st.composite
def square_networks(draw: st.DrawFn) -> Graph:
    """Convolutions, poolings, shortcuts and concatenations of square maps."""
    network = Network()
    extent = draw(st.integers(2, 8))
    maps = [network.tensor("x", draw(st.integers(1, 4)), extent, extent)]
    for _ in range(draw(st.integers(1, 5))):
        x = draw(st.sampled_from(maps[-2:]))
        alike = [y for y in maps if network.shape(y) == network.shape(x)]
        match draw(st.sampled_from(["conv", "conv", "depthwise", "pool", "add", "concatenate"])):
            case "conv":
                kernel, stride = draw(st.sampled_from([(1, 1), (1, 2), (3, 1), (3, 2)]))
                padding = draw(st.integers(kernel // 2, 1))
                maps.append(network.conv(x, draw(st.integers(1, 5)), kernel, stride, padding))
            case "depthwise":
                maps.append(network.depthwise(x))
            case "pool" if network.shape(x)[1] > 1:
                maps.append(network.pool(x, 2, draw(st.integers(1, 2))))
            case "add":
                maps.append(network.elementwise(x, draw(st.sampled_from(alike))))
            case _:
                maps.append(network.concatenate(x, draw(st.sampled_from(alike)), 0))
    return network.graph()


@given(
    st.one_of(square_networks(), square_networks(), networks()),
    st.sampled_from(TARGETS),
    st.data(),
)
def test_mirrored_schedules_cost_the_same(
    network: Graph, target: Accelerator, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(network.operators) - 1))
    group = network.group(network.operators[begin:])
    space = Space(group, target)
    mirrored = {k: original for k, original in space.originals.items() if k != original}
    event("mirrored" if mirrored else "nothing alike")
    if not mirrored:
        return
    kind = data.draw(st.sampled_from(list(mirrored)))
    assert len(space.of_kind(kind)) == len(space.of_kind(mirrored[kind]))
    members = list(space.members_of(kind))
    if members:
        one = data.draw(st.sampled_from(members))
        tiles = zip(mirrored[kind].dimensions, one.family.tiles, strict=True)
        image = replace(one.family, tiles=tuple((d, sizes) for d, (_, sizes) in tiles))
        other = space.costs(image)
        assert other is not None
        same_costs(one, other, data.draw(st.integers(0, one.dram_bytes.size - 1)))


def same_costs(one: Costs, other: Costs, cell: int) -> None:
    """All that is counted; of one schedule also what it really takes."""
    for name in ("dram_bytes", "macs", "steps", "bounds", "least_bytes"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    footprints = (costs.footprint_bytes(costs.schedule(cell)) for costs in (one, other))
    assert len(set(footprints)) == 1


def test_a_square_convolution_may_be_swapped_and_others_not() -> None:
    assert mirror(convolution(8, 8, 3), ()) == (1, 2)
    assert mirror(convolution(8, 9, 3), ()) is None
    graph = convolution(8, 8, 3)
    (conv,) = graph.operators
    x, weights = conv.reads
    for skewed in (moved(x, 1, 1), moved(weights, 2, -1)):
        reads = tuple(skewed if a.tensor == skewed.tensor else a for a in conv.reads)
        assert mirror(replace(graph, operators=(replace(conv, reads=reads),)), ()) is None


def moved(access: Access, dimension: int, by: int) -> Access:
    """The same access with one index shifted."""
    index = access.indices[dimension]
    shifted = Linear(index.coefficients, index.constant + by)
    return replace(
        access,
        indices=(*access.indices[:dimension], shifted, *access.indices[dimension + 1 :]),
    )


def convolution(rows: int, columns: int, kernel: int) -> Graph:
    network = Network()
    network.conv(network.tensor("x", 2, rows, columns), 3, kernel, padding=kernel // 2)
    return network.graph()
