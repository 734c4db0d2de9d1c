"""Random small networks as linalg text: any graph of layers, of floats or of integers."""

from __future__ import annotations

from hypothesis import strategies as st
from linalg_text import Network
from random_layers import LAYERS, PRODUCTS, relu

ELEMENTS = ["f32", "f32", "f32", "i8", "i8", "i32", "f16", "bf16"]


@st.composite
def networks(draw: st.DrawFn, most_layers: int = 6) -> str:
    """A module whose @main reads feature maps and returns every map that nobody reads.

    Some are chains of products: results of the same few sizes follow each other, and so come to the
    places of what was loaded or computed before.
    """
    network = Network(draw(st.sampled_from(ELEMENTS)))
    sizes = (st.integers(1, 4), st.integers(4, 13), st.integers(4, 11))
    images = draw(st.sampled_from([1, 1, 1, 2, 3]))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        network.input((images, *map(draw, sizes)))
    is_chain = draw(st.integers(0, 4)) == 4
    for _ in range(draw(st.integers(1, most_layers))):
        sources = list(network.maps)[-2:] if is_chain else sorted(network.maps)
        layer = draw(st.sampled_from(PRODUCTS if is_chain else LAYERS))
        layer(draw, network, draw(st.sampled_from(sources)))
    if not network.results:
        relu(draw, network, "%arg0")
    inside = [name for name in network.maps if name in network.used and name not in network.inputs]
    if inside and draw(st.integers(0, 3)) == 3:
        network.wanted.add(draw(st.sampled_from(inside)))
    return network.text()
