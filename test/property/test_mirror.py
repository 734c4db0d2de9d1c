"""Where two dimensions may be swapped, tiles along one cost what the same tiles along the other do."""

from dataclasses import replace

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st
from networks import Network, access, networks

from optimus_mlir.fusion.costs import Costs, Space
from optimus_mlir.fusion.mirror import mirror
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Access, Graph

TARGETS = [
    load_accelerator("eyeriss"),
    with_fields(load_accelerator("eyeriss"), ["double_buffering=true", "accumulator_bits=16"]),
]


@st.composite
def square_networks(draw: st.DrawFn) -> Graph:
    """Convolutions, poolings, shortcuts and concatenations of square maps."""
    network = Network()
    extent, channels = draw(st.integers(2, 8)), st.integers(1, 5)
    maps = [network.tensor("x", draw(channels), extent, extent)]
    for _ in range(draw(st.integers(1, 5))):
        x = draw(st.sampled_from(maps[-2:]))
        alike = [y for y in maps if network.shape(y) == network.shape(x)]
        match draw(st.sampled_from(["conv", "conv", "depthwise", "pool", "add", "concatenate"])):
            case "conv":
                kernel, stride = draw(st.sampled_from([(1, 1), (1, 2), (3, 1), (3, 2)]))
                padding = draw(st.integers(kernel // 2, 1))
                maps.append(network.conv(x, draw(channels), kernel, stride=stride, padding=padding))
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


def test_a_square_convolution_may_be_swapped() -> None:
    assert mirror(convolution(8, 8, (3, 3)), ()) == (1, 2)
    assert mirror(convolution(8, 9, (3, 3)), ()) is None


def test_a_window_that_is_not_square_may_not() -> None:
    assert mirror(convolution(8, 8, (1, 3)), ()) is None
    network = Network()
    x, nest = network.tensor("x", 2, 8, 8), {"c": 2, "h": 8, "w": 8, "r": 1, "s": 3}
    pooled = access(x, "chwrs", "c", {"h": 1, "r": 1}, {"w": 1, "s": 1})
    network.add(nest, "rs", [pooled], "chw")
    assert mirror(network.graph(), ()) is None


def test_neither_may_what_is_shifted_along_one_dimension() -> None:
    graph = convolution(8, 8, (3, 3))
    (conv,) = graph.operators
    x, weights = conv.reads
    for skewed in (shifted(x, 1), shifted(weights, 2)):
        reads = tuple(skewed if a.tensor == skewed.tensor else a for a in conv.reads)
        assert mirror(replace(graph, operators=(replace(conv, reads=reads),)), ()) is None


def test_blocks_stay_what_they_are() -> None:
    """What is added by position comes row by row, and not column by column."""
    network = Network()
    x, table = network.tensor("x", 2, 4, 4), network.tensor("table", 4, 4, constant=True)
    nest = {"c": 2, "h": 4, "w": 4}
    y = network.add(nest, "", [access(x, "chw", *"chw"), access(table, "chw", *"hw")], "chw")
    network.elementwise(y, x)
    space = Space(network.graph(), TARGETS[0])
    assert mirror(space.group, ()) == (1, 2)
    assert [*space.unlike] == [*space.kinds]


def test_weights_must_be_kept_alike() -> None:
    """The loops over the last result seem to move weights of a map that is then transposed."""
    network = Network()
    x, scale = network.tensor("x", 4, 4, 4), network.tensor("scale", 4, constant=True)
    nest = {"c": 4, "h": 4, "w": 4}
    y = network.add(nest, "", [access(x, "chw", *"chw"), access(scale, "chw", "c")], "chw")
    network.add(nest, "", [access(y, "chw", *"chw")], "hwc")
    assert mirror(network.graph(), ()) is None


def test_readers_must_swap_the_same_dimensions() -> None:
    network = Network()
    x = network.tensor("x", 4, 4, 4)
    nest = {"h": 4, "w": 4, "k": 4, "r": 4}
    network.add({n: nest[n] for n in "hwk"}, "", [access(x, "hwk", *"hwk")], "hwk")
    assert mirror(network.graph(), ()) == (0, 1)
    network.add(nest, "r", [access(x, "hwkr", *"rhw")], "hwk")
    assert mirror(network.graph(), ()) is None


def convolution(rows: int, columns: int, window: tuple[int, int]) -> Graph:
    network = Network()
    x, weights = (
        network.tensor("x", 2, rows, columns),
        network.tensor("f", 2, *window, constant=True),
    )
    nest = {"k": 1, "h": rows, "w": columns, "c": 2, "r": window[0], "s": window[1]}
    read = access(x, "khwcrs", "c", {"h": 1, "r": 1}, {"w": 1, "s": 1})
    reads = [read, access(weights, "khwcrs", *"crs")]
    network.add(nest, "crs", reads, "khw")
    return network.graph()


def shifted(read: Access, dimension: int) -> Access:
    """The same access with one index shifted."""
    indices = list(read.indices)
    indices[dimension] = replace(indices[dimension], constant=1)
    return replace(read, indices=tuple(indices))
