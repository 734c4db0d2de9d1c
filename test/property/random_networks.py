"""Random small networks as linalg text: chains, branches, joins, odd sizes, padding, batches."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

Shape = tuple[int, int, int, int]


@dataclass
class Network:
    """Lines of a function under construction, and the feature maps that it has so far."""

    lines: list[str] = field(default_factory=list)
    maps: dict[str, Shape] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    names: int = 0

    def emit(self, text: str) -> str:
        name = f"%v{self.names}"
        self.names += 1
        self.lines.append(f"    {name} = {text}")
        return name

    def feature_map(self, name: str, shape: Shape) -> None:
        self.maps[name] = shape

    @property
    def images(self) -> int:
        return self.maps["%arg0"][0]

    @property
    def results(self) -> list[str]:
        return [name for name in self.maps if name not in self.used and name != "%arg0"]

    def text(self) -> str:
        types = ", ".join(tensor(self.maps[r]) for r in self.results)
        header = f"  func.func @main(%arg0: {tensor(self.maps['%arg0'])}) -> ({types}) {{"
        constants = [
            "    %zero = arith.constant 0.0 : f32",
            "    %lowest = arith.constant 0xFF800000 : f32",
        ]
        end = f"    return {', '.join(self.results)} : {types}\n  }}\n}}"
        return "\n".join(["module {", header, *constants, *self.lines, end])


def tensor(shape: tuple[int, ...]) -> str:
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A module whose @main reads one feature map and returns every map that nobody reads."""
    network = Network()
    images = draw(st.sampled_from([1, 1, 1, 2]))
    shape = (images, draw(st.integers(1, 4)), draw(st.integers(4, 13)), draw(st.integers(4, 11)))
    network.feature_map("%arg0", shape)
    for _ in range(draw(st.integers(1, 5))):
        source = draw(st.sampled_from(sorted(network.maps)))
        layers = [convolution, convolution, depthwise, max_pool, add, relu, concatenation]
        layer = draw(st.sampled_from(layers))
        layer(draw, network, source)
    if not network.results:
        relu(draw, network, "%arg0")
    return network.text()


def convolution(draw: st.DrawFn, network: Network, source: str) -> None:
    """conv(pad(x)), perhaps with bias and ReLU in one generic after it."""
    window = _window(draw, network.maps[source])
    filters = draw(st.integers(1, 5))
    channels = network.maps[source][1]
    weights = (filters, channels, *window.kernel)
    padded = _pad(network, source, window, "%zero")
    shape: Shape = (network.images, filters, *window.result)
    result = _anchor(network, "conv_2d_nchw_fchw", window, padded, weights)
    if draw(st.booleans()):
        result = _bias_and_relu(network, result, shape)
    network.feature_map(result, shape)


def depthwise(draw: st.DrawFn, network: Network, source: str) -> None:
    window = _window(draw, network.maps[source])
    channels = network.maps[source][1]
    padded = _pad(network, source, window, "%zero")
    shape: Shape = (network.images, channels, *window.result)
    weights = (channels, *window.kernel)
    result = _anchor(network, "depthwise_conv_2d_nchw_chw", window, padded, weights)
    network.feature_map(result, shape)


def max_pool(draw: st.DrawFn, network: Network, source: str) -> None:
    window = _window(draw, network.maps[source])
    padded = _pad(network, source, window, "%lowest")
    shape: Shape = (network.images, network.maps[source][1], *window.result)
    kernel = network.emit(f"tensor.empty() : {tensor(window.kernel)}")
    initial = _filled(network, shape, "%lowest")
    result = network.emit(
        f"linalg.pooling_nchw_max {window.attributes} "
        f"ins({padded}, {kernel} : {tensor(window.padded)}, {tensor(window.kernel)}) "
        f"outs({initial} : {tensor(shape)}) -> {tensor(shape)}"
    )
    network.feature_map(result, shape)


def add(draw: st.DrawFn, network: Network, source: str) -> None:
    """A residual add, where there is another map of the same shape; else the map with itself."""
    shape = network.maps[source]
    others = sorted(name for name, other in network.maps.items() if other == shape)
    other = draw(st.sampled_from(others))
    network.used |= {source, other}
    empty = network.emit(f"tensor.empty() : {tensor(shape)}")
    result = network.emit(
        f"linalg.add ins({source}, {other} : {tensor(shape)}, {tensor(shape)}) "
        f"outs({empty} : {tensor(shape)}) -> {tensor(shape)}"
    )
    network.feature_map(result, shape)


def concatenation(draw: st.DrawFn, network: Network, source: str) -> None:
    """Of the channels of two maps of the same size; perhaps of a map with itself."""
    images, channels, *size = network.maps[source]
    others = sorted(name for name, other in network.maps.items() if [*other[2:]] == size)
    other = draw(st.sampled_from(others))
    network.used |= {source, other}
    shape: Shape = (images, channels + network.maps[other][1], *size)
    types = f"{tensor(network.maps[source])}, {tensor(network.maps[other])}"
    result = network.emit(f"tensor.concat dim(1) {source}, {other} : ({types}) -> {tensor(shape)}")
    network.feature_map(result, shape)


def relu(draw: st.DrawFn, network: Network, source: str) -> None:
    shape = network.maps[source]
    network.used.add(source)
    empty = network.emit(f"tensor.empty() : {tensor(shape)}")
    zeros = _filled(network, shape, "%zero")
    result = network.emit(
        f"linalg.max ins({source}, {zeros} : {tensor(shape)}, {tensor(shape)}) "
        f"outs({empty} : {tensor(shape)}) -> {tensor(shape)}"
    )
    network.feature_map(result, shape)


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
    network.used.add(source)
    if not any((*window.low, *window.high)):
        return source
    low, high = (f"[0, 0, {a}, {b}]" for a, b in (window.low, window.high))
    return network.emit(
        f"tensor.pad {source} low{low} high{high} {{\n"
        "    ^bb0(%n: index, %c: index, %h: index, %w: index):\n"
        f"      tensor.yield {value} : f32\n"
        f"    }} : {tensor(network.maps[source])} to {tensor(window.padded)}"
    )


def _filled(network: Network, shape: tuple[int, ...], value: str) -> str:
    empty = network.emit(f"tensor.empty() : {tensor(shape)}")
    return network.emit(
        f"linalg.fill ins({value} : f32) outs({empty} : {tensor(shape)}) -> {tensor(shape)}"
    )


def _anchor(
    network: Network,
    op: str,
    window: Window,
    padded: str,
    weights: tuple[int, ...],
) -> str:
    shape = (network.images, weights[0], *window.result)
    constant = _constant(network, weights)
    filled = _filled(network, shape, "%zero")
    return network.emit(
        f"linalg.{op} {window.attributes} "
        f"ins({padded}, {constant} : {tensor(window.padded)}, {tensor(weights)}) "
        f"outs({filled} : {tensor(shape)}) -> {tensor(shape)}"
    )


def _bias_and_relu(network: Network, source: str, shape: Shape) -> str:
    bias = _constant(network, shape[1:2])
    empty = network.emit(f"tensor.empty() : {tensor(shape)}")
    return network.emit(
        "linalg.generic {indexing_maps = [affine_map<(n, c, h, w) -> (n, c, h, w)>, "
        "affine_map<(n, c, h, w) -> (c)>, affine_map<(n, c, h, w) -> (n, c, h, w)>], "
        'iterator_types = ["parallel", "parallel", "parallel", "parallel"]} '
        f"ins({source}, {bias} : {tensor(shape)}, {tensor(shape[1:2])}) outs({empty} : {tensor(shape)}) {{\n"
        "    ^bb0(%x: f32, %b: f32, %o: f32):\n"
        "      %s = arith.addf %x, %b : f32\n"
        "      %r = arith.maximumf %s, %zero : f32\n"
        "      linalg.yield %r : f32\n"
        f"    }} -> {tensor(shape)}"
    )


def _constant(network: Network, shape: tuple[int, ...]) -> str:
    values = np.random.default_rng(network.names).integers(-4, 5, shape) / 4
    return network.emit(f"arith.constant dense<{values.tolist()}> : {tensor(shape)}")
