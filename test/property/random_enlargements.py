"""Layers that enlarge a map: several dimensions of their result are merged into one."""

from __future__ import annotations

from hypothesis import strategies as st
from linalg_text import Network, Shape
from random_windows import Window, anchor, with_zeros_between

LARGEST = 80  # rows times columns that are still enlarged


def nearest(draw: st.DrawFn, network: Network, source: str) -> None:
    """Every element several times, as torch.nn.Upsample does it."""
    shape = network.maps[source]
    across, down = draw(_factor(shape)), draw(_factor(shape))
    x, kind = network.read(source)
    split = (*shape[:3], across, shape[3], down)
    empty, wide = network.empty(split), network.type(split)
    repeated = network.emit(
        f"linalg.broadcast ins({x} : {kind}) outs({empty} : {wide}) dimensions = [3, 5]"
    )
    _merged(network, repeated, split)


def shuffled(draw: st.DrawFn, network: Network, source: str) -> None:
    """Channels become rows and columns, as torch.nn.PixelShuffle does it."""
    shape = network.maps[source]
    images, channels, rows, columns = shape
    across, down = draw(_factor(shape)), draw(_factor(shape))
    left = channels // (across * down)
    if not left:
        across, down, left = 1, 1, channels
    x, kind = network.read(source)
    used = (images, left * across * down, rows, columns)
    some = network.emit(
        f"tensor.extract_slice {x}[0, 0, 0, 0] {list(used)} [1, 1, 1, 1] : "
        f"{kind} to {network.type(used)}"
    )
    expanded = (images, left, across, down, rows, columns)
    wide = network.emit(
        f"tensor.expand_shape {some} [[0], [1, 2, 3], [4], [5]] output_shape {list(expanded)} : "
        f"{network.type(used)} into {network.type(expanded)}"
    )
    split = (images, left, rows, across, columns, down)
    empty, result = network.empty(split), network.type(split)
    result = network.emit(
        f"linalg.transpose ins({wide} : {network.type(expanded)}) outs({empty} : {result}) "
        f"permutation = [0, 1, 4, 2, 5, 3]"
    )
    _merged(network, result, split)


def transposed(draw: st.DrawFn, network: Network, source: str) -> None:
    """A transposed convolution whose result is a multiple of the map: zeros, and a convolution."""
    shape = network.maps[source]
    stride = draw(_factor(shape))
    kernel = stride * draw(st.integers(1, 2))
    before = draw(st.integers(0, kernel - 1))
    rows, columns = (n * stride + kernel - 1 for n in shape[2:])
    spread = (*shape[:2], rows, columns)
    spaced = with_zeros_between(network, source, spread, stride, before)
    larger = (shape[0], draw(st.integers(1, 4)), shape[2] * stride, shape[3] * stride)
    window = Window((kernel, kernel), (1, 1), (1, 1), (0, 0), (0, 0), spread, larger[2:])
    result = anchor(
        network,
        "conv_2d_nchw_fchw",
        window,
        x=spaced,
        weights=(larger[1], shape[1], kernel, kernel),
        start=network.filled(larger, "zero", network.sums),
        shape=larger,
    )
    network.feature_map(network.requantised(result, larger), larger)


def _factor(shape: Shape) -> st.SearchStrategy[int]:
    return st.integers(1, 3) if shape[2] * shape[3] <= LARGEST else st.just(1)


def _merged(network: Network, value: str, split: Shape) -> None:
    shape = (*split[:2], split[2] * split[3], split[4] * split[5])
    result = network.emit(
        f"tensor.collapse_shape {value} [[0], [1], [2, 3], [4, 5]] : "
        f"{network.type(split)} into {network.type(shape)}"
    )
    network.feature_map(result, shape)
