"""Layers that slide a window over feature maps: convolutions and pools of every kind."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from linalg_text import Network, Shape


def convolution(draw: st.DrawFn, network: Network, source: str) -> None:
    """conv(pad(x)), perhaps from a bias, perhaps with bias and ReLU in one generic after it."""
    images, channels, *_ = network.maps[source]
    window = _window(draw, network.maps[source])
    filters = draw(st.integers(1, 5))
    padded = _pad(network, source, window, "zero")
    shape = (images, filters, *window.result)
    weights = (filters, channels, *window.kernel)
    start = _start(draw, network, shape)
    result = anchor(
        network, "conv_2d_nchw_fchw", window, x=padded, weights=weights, start=start, shape=shape
    )
    if draw(st.booleans()):
        result = _bias_and_relu(network, result, shape)
    network.feature_map(network.requantised(result, shape), shape)


def depthwise(draw: st.DrawFn, network: Network, source: str) -> None:
    images, channels, *_ = network.maps[source]
    window = _window(draw, network.maps[source])
    padded = _pad(network, source, window, "zero")
    shape = (images, channels, *window.result)
    weights = (channels, *window.kernel)
    start = network.filled(shape, "zero", network.sums)
    result = anchor(
        network,
        "depthwise_conv_2d_nchw_chw",
        window,
        x=padded,
        weights=weights,
        start=start,
        shape=shape,
    )
    network.feature_map(network.requantised(result, shape), shape)


def grouped(draw: st.DrawFn, network: Network, source: str) -> None:
    """Channels in groups that do not see each other; as one group where they have no divisor."""
    images, channels, *_ = network.maps[source]
    window = _window(draw, network.maps[source])
    groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
    filters, each = draw(st.integers(1, 3)), channels // groups
    padded = _pad(network, source, window, "zero")
    split = (images, groups, each, *window.padded[2:])
    x = network.emit(
        f"tensor.expand_shape {padded} [[0], [1, 2], [3], [4]] output_shape {list(split)} : "
        f"{network.type(window.padded)} into {network.type(split)}"
    )
    shape = (images, groups, filters, *window.result)
    start = network.filled(shape, "zero", network.sums)
    weights = (groups, filters, each, *window.kernel)
    window = replace(window, padded=split)
    result = anchor(
        network, "conv_2d_ngchw_gfchw", window, x=x, weights=weights, start=start, shape=shape
    )
    result = network.requantised(result, shape)
    flat = (images, groups * filters, *window.result)
    result = network.emit(
        f"tensor.collapse_shape {result} [[0], [1, 2], [3], [4]] : "
        f"{network.type(shape)} into {network.type(flat)}"
    )
    network.feature_map(result, flat)


def max_pool(draw: st.DrawFn, network: Network, source: str) -> None:
    """Its padding is lower than every number."""
    window = _window(draw, network.maps[source])
    padded = _pad(network, source, window, "lowest")
    shape = (*network.maps[source][:2], *window.result)
    start = network.filled(shape, "lowest")
    network.feature_map(
        _pooled(network, "max", window, padded=padded, start=start, element=network.element), shape
    )


def sum_pool(draw: st.DrawFn, network: Network, source: str) -> None:
    window = _window(draw, network.maps[source])
    padded = _pad(network, source, window, "zero")
    shape = (*network.maps[source][:2], *window.result)
    start = network.filled(shape, "zero", network.sums)
    result = _pooled(network, "sum", window, padded=padded, start=start, element=network.sums)
    network.feature_map(network.requantised(result, shape), shape)


def upsampling(draw: st.DrawFn, network: Network, source: str) -> None:
    """A transposed convolution: zeros between the elements, and a convolution of that."""
    shape = network.maps[source]
    stride, before = draw(st.integers(1, 2)), draw(st.integers(0, 1))
    rows, columns = (before + (n - 1) * stride + 1 for n in shape[2:])
    spread = (*shape[:2], rows, columns)
    spaced = with_zeros_between(network, source, spread, stride, before)
    network.feature_map(spaced, spread)
    convolution(draw, network, spaced)


def with_zeros_between(
    network: Network, source: str, spread: Shape, stride: int, before: int
) -> str:
    """A map whose elements lie `stride` apart among zeros, from row and column `before` on."""
    zeros = network.filled(spread, "zero")
    x, kind = network.read(source)
    return network.emit(
        f"tensor.insert_slice {x} into {zeros}[0, 0, {before}, {before}] "
        f"{list(network.maps[source])} [1, 1, {stride}, {stride}] : {kind} "
        f"into {network.type(spread)}"
    )


@dataclass(frozen=True)
class Window:
    """A sliding window over a map: `kernel`, padding, and the sizes that follow."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    low: tuple[int, int]
    high: tuple[int, int]
    padded: Shape
    result: tuple[int, int]

    @property
    def attributes(self) -> str:
        dilations, strides = (
            f"dense<{list(v)}> : vector<2xi64>" for v in (self.dilations, self.strides)
        )
        return f"{{dilations = {dilations}, strides = {strides}}}"


def _window(draw: st.DrawFn, shape: Shape) -> Window:
    pairs = [_axis(draw, extent) for extent in shape[2:]]
    kernel, strides, dilations, low, high, padded, result = zip(*pairs, strict=True)
    return Window(kernel, strides, dilations, low, high, (*shape[:2], *padded), result)


def _axis(draw: st.DrawFn, extent: int) -> tuple[int, ...]:
    """One dimension of a window that fits into the padded extent."""
    kernel, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    reach = dilation * (kernel - 1) + 1
    low, high = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    high = max(high, reach - extent - low)
    stride = draw(st.integers(1, 3))
    padded = extent + low + high
    return kernel, stride, dilation, low, high, padded, (padded - reach) // stride + 1


def _pad(network: Network, source: str, window: Window, value: str) -> str:
    x, kind = network.read(source)
    if not any((*window.low, *window.high)):
        return x
    low, high = (f"[0, 0, {a}, {b}]" for a, b in (window.low, window.high))
    return network.emit(
        f"tensor.pad {x} low{low} high{high} {{\n"
        "    ^bb0(%n: index, %c: index, %h: index, %w: index):\n"
        f"      tensor.yield %{value}_{network.element} : {network.element}\n"
        f"    }} : {kind} to {network.type(window.padded)}"
    )


def _start(draw: st.DrawFn, network: Network, shape: Shape) -> str:
    """Zeros, or a bias for each channel."""
    if draw(st.booleans()):
        return network.filled(shape, "zero", network.sums)
    bias = network.constant(shape[1:2], network.sums)
    empty, kind = network.empty(shape, network.sums), network.type(shape, network.sums)
    return network.emit(
        f"linalg.broadcast ins({bias} : {network.type(shape[1:2], network.sums)}) "
        f"outs({empty} : {kind}) dimensions = [0, 2, 3]"
    )


def anchor(
    network: Network, op: str, window: Window, *, x: str, weights: Shape, start: str, shape: Shape
) -> str:
    constant, kind = network.constant(weights), network.type(shape, network.sums)
    return network.emit(
        f"linalg.{op} {window.attributes} "
        f"ins({x}, {constant} : {network.type(window.padded)}, {network.type(weights)}) "
        f"outs({start} : {kind}) -> {kind}"
    )


def _pooled(
    network: Network, what: str, window: Window, *, padded: str, start: str, element: str
) -> str:
    kind = network.type((*window.padded[:2], *window.result), element)
    kernel = network.empty(window.kernel)
    return network.emit(
        f"linalg.pooling_nchw_{what} {window.attributes} "
        f"ins({padded}, {kernel} : {network.type(window.padded)}, {network.type(window.kernel)}) "
        f"outs({start} : {kind}) -> {kind}"
    )


def _bias_and_relu(network: Network, source: str, shape: Shape) -> str:
    element = network.sums
    bias = network.constant(shape[1:2], element)
    kind = network.type(shape, element)
    add, most = network.arithmetic("addf", "addi"), network.arithmetic("maximumf", "maxsi")
    return network.generic(
        "nchw",
        [(source, kind, "nchw"), (bias, network.type(shape[1:2], element), "c")],
        (network.empty(shape, element), kind, "nchw"),
        [f"%sum = {add} %s0, %s1 : {element}", f"%r = {most} %sum, %zero_{element} : {element}"],
    )
