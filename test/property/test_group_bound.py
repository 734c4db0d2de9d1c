"""What a group is said to move at the least: no schedule that fits moves less."""

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from networks import Network, networks

from optimus_mlir.cost import floor_bytes, touched_elements
from optimus_mlir.fusion.costs import Space
from optimus_mlir.fusion.group_bound import extra_elements
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.target import Accelerator, load_accelerator
from optimus_mlir.workload import Graph

EYERISS = load_accelerator("eyeriss")


def with_capacity(scratchpad_bytes: int) -> Accelerator:
    return EYERISS.model_copy(update={"scratchpad_bytes": scratchpad_bytes})


def least_bytes(network: Graph, group: Graph, accelerator: Accelerator) -> float:
    extra = extra_elements(group, touched_elements(network), accelerator)
    return floor_bytes(group, accelerator) + extra * accelerator.element_bytes


@st.composite
def wide_networks(draw: st.DrawFn) -> Graph:
    """Convolutions, pools and sums with many channels and few rows: weights do not fit."""
    network = Network()
    rows, channels = st.integers(3, 7), st.integers(2, 12)
    maps = [network.tensor("x", draw(channels), draw(rows), draw(rows))]
    for _ in range(draw(st.integers(2, 3))):
        x = draw(st.sampled_from(maps[-2:]))
        same = [y for y in maps if network.shape(y) == network.shape(x)]
        match draw(st.integers(0, 5)):
            case 0:
                maps.append(network.elementwise(x, draw(st.sampled_from(same))))
            case 1:
                maps.append(network.depthwise(x))
            case 2 if min(network.shape(x)[1:]) > 1:
                maps.append(network.pool(x))
            case kind:
                maps.append(
                    network.conv(
                        x, draw(channels), kernel := 1 + 2 * (kind % 2), padding=kernel // 2
                    )
                )
    return network.graph()


@given(st.one_of(wide_networks(), networks(most_operators=4)), st.data())
def test_no_schedule_that_fits_moves_less(network: Graph, data: st.DataObject) -> None:
    """In scratchpads that are just large enough for some schedule."""
    count = len(network.operators)
    begin = data.draw(st.integers(0, max(0, count - 2)))
    end = data.draw(st.integers(min(begin + 2, count), count))
    group = network.group(network.operators[begin:end])
    if len(group.operators) < 2 or not group.outputs:
        return
    members = list(Space(group, EYERISS).members())
    bytes_on_chip = np.concatenate([costs.least_bytes.ravel() for costs in members])
    moved = np.concatenate([costs.dram_bytes.ravel() for costs in members])
    floor = floor_bytes(group, EYERISS)
    sizes = np.unique(bytes_on_chip)
    for capacity in sizes[: 1 + len(sizes) // 2].tolist():
        least = least_bytes(network, group, with_capacity(capacity))
        event("beyond the floor" if least > floor else "the floor")
        assert least <= np.min(moved[bytes_on_chip <= capacity])


def chain() -> Graph:
    """Maps of 1,000 elements, and 1,200 weights of the last convolution."""
    network = Network()
    network.conv(network.conv(network.tensor("x", 10, 10, 10), 10, 1), 120, 1)
    return network.graph()


def test_a_group_whose_weights_do_not_fit_streams_them() -> None:
    """800 elements fit, so the map comes in two parts or more. Half of the weights may stay."""
    accelerator = with_capacity(1600)
    floor = floor_bytes(chain(), accelerator)
    assert least_bytes(chain(), chain(), accelerator) >= floor + 2 * 500
    assert least_bytes(chain(), chain(), with_capacity(5000)) == floor


def test_what_cannot_win_is_not_searched() -> None:
    network = chain()
    prices = GroupPrices(network, with_capacity(1600))
    assert prices.best(network.operators, prices.floor(network.operators) + 1) is None
    assert prices.searches == 0


@pytest.mark.parametrize("capacity", [1600, 5000])
def test_what_may_win_is(capacity: int) -> None:
    prices = GroupPrices(chain(), with_capacity(capacity))
    assert prices.best(chain().operators) is not None
    assert prices.searches == 1
