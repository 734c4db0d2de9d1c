"""Random small networks as linalg text: any graph of layers, of floats or of integers."""

from __future__ import annotations

from hypothesis import strategies as st
from linalg_text import Network
from random_layers import LAYERS, relu

ELEMENTS = ["f32", "f32", "f32", "i8", "i8", "i32", "f16", "bf16"]


@st.composite
def networks(draw: st.DrawFn, most_layers: int = 6) -> str:
    """A module whose @main reads feature maps and returns every map that nobody reads."""
    network = Network(draw(st.sampled_from(ELEMENTS)))
    sizes = (st.integers(1, 4), st.integers(4, 13), st.integers(4, 11))
    images = draw(st.sampled_from([1, 1, 1, 2, 3]))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        network.input((images, *map(draw, sizes)))
    for _ in range(draw(st.integers(1, most_layers))):
        source = draw(st.sampled_from(sorted(network.maps)))
        draw(st.sampled_from(LAYERS))(draw, network, source)
    if not network.results:
        relu(draw, network, "%arg0")
    inside = [name for name in network.maps if name in network.used and name not in network.inputs]
    if inside and draw(st.integers(0, 3)) == 3:
        network.wanted.add(draw(st.sampled_from(inside)))
    return network.text()
