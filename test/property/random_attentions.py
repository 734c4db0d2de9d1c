"""Random attentions as linalg text: any sizes and heads, with or without scales, masks and checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from linalg_text import LOWEST, Network, Shape


@dataclass(frozen=True)
class Sizes:
    """Of an attention: `width` elements make a query or a key, `columns` a value."""

    images: int
    heads: int
    rows: int
    keys: int
    width: int
    columns: int


def sizes() -> st.SearchStrategy[Sizes]:
    small, medium = st.integers(1, 3), st.integers(2, 9)
    return st.builds(Sizes, small, small, medium, medium, medium, medium)


def long_sequences() -> st.SearchStrategy[Sizes]:
    """Many keys of few elements: scores are what does not fit."""
    few, many = st.integers(2, 4), st.integers(20, 60)
    return st.builds(Sizes, st.just(1), st.integers(1, 2), many, many, few, few)


@st.composite
def attentions(draw: st.DrawFn, of: st.SearchStrategy[Sizes]) -> str:
    """softmax(q k + mask) v; `checked` rows that are masked entirely give zeros, others no number."""
    sizes = draw(of)
    network = Network(draw(st.sampled_from(["f32", "f32", "f16"])))
    network.input((sizes.images, sizes.heads, sizes.rows, sizes.width))
    network.input((sizes.images, sizes.heads, sizes.keys, sizes.width))
    network.input((sizes.images, sizes.heads, sizes.keys, sizes.columns))
    scores = _scores(network, sizes)
    checked = draw(st.booleans())
    if draw(st.booleans()):
        scores = _masked(draw, network, sizes, scores, everything=checked)
    shares = _softmax(network, sizes, scores, checked=checked)
    result = _weighted(network, sizes, shares)
    if draw(st.booleans()):
        result = _doubled(network, sizes, result)
    network.feature_map(result, (sizes.images, sizes.heads, sizes.rows, sizes.columns))
    return network.text()


def _shape(sizes: Sizes) -> Shape:
    return (sizes.images, sizes.heads, sizes.rows, sizes.keys)


def _scores(network: Network, sizes: Sizes) -> str:
    q, k = network.read("%arg0"), network.read("%arg1")
    shape, element = _shape(sizes), network.element
    body = [
        f"%scale = arith.constant 3.125e-02 : {element}",
        f"%q = arith.mulf %s0, %scale : {element}",
        f"%product = arith.mulf %q, %s1 : {element}",
        f"%r = arith.addf %s2, %product : {element}",
    ]
    start = network.filled(shape, "zero"), network.type(shape), "abmn"
    return network.generic("abmnk", [(*q, "abmk"), (*k, "abnk")], start, body)


def _masked(
    draw: st.DrawFn, network: Network, sizes: Sizes, scores: str, *, everything: bool
) -> str:
    """Some keys of each row, or of all; of all rows at least one unless `everything` may be."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    mask = rng.random((sizes.rows, sizes.keys)) < draw(st.sampled_from([0.2, 0.6, 0.9]))
    if draw(st.booleans()):
        mask = np.triu(np.ones_like(mask), 1)
    if not everything:
        mask[np.arange(sizes.rows), rng.integers(0, sizes.keys, sizes.rows)] = False
    words = [[LOWEST[network.element] if hidden else "0.0" for hidden in row] for row in mask]
    rows = ", ".join(f"[{', '.join(row)}]" for row in words)
    kind, shape = network.type(mask.shape), _shape(sizes)
    constant = network.emit(f"arith.constant dense<[{rows}]> : {kind}")
    reads = [(scores, network.type(shape), "abmn"), (constant, kind, "mn")]
    body = [f"%r = arith.addf %s0, %s1 : {network.element}"]
    return network.generic("abmn", reads, (network.empty(shape), network.type(shape), "abmn"), body)


def _softmax(network: Network, sizes: Sizes, scores: str, *, checked: bool) -> str:
    shape, element = _shape(sizes), network.element
    s = scores, network.type(shape), "abmn"

    def reduction(of: tuple[str, str, str], start: str, body: str) -> tuple[str, str, str]:
        write = network.filled(shape[:3], start), network.type(shape[:3]), "abm"
        return (network.generic("abmn", [of], write, [body]), network.type(shape[:3]), "abm")

    def each(reads: list[tuple[str, str, str]], body: list[str]) -> tuple[str, str, str]:
        write = network.empty(shape), network.type(shape), "abmn"
        return (network.generic("abmn", reads, write, body), network.type(shape), "abmn")

    most = reduction(s, "lowest", f"%r = arith.maximumf %s0, %s1 : {element}")
    powers = [f"%d = arith.subf %s0, %s1 : {element}", f"%r = math.exp %d : {element}"]
    e = each([s, most], powers)
    total = reduction(e, "zero", f"%r = arith.addf %s0, %s1 : {element}")
    divided = f"arith.divf %s0, %s1 : {element}"
    if not checked:
        return each([e, total], [f"%r = {divided}"])[0]
    flags = network.type(shape[:3], "i1")
    true = network.emit("arith.constant true")
    empty = network.emit(f"tensor.empty() : {flags}")
    start = network.emit(f"linalg.fill ins({true} : i1) outs({empty} : {flags}) -> {flags}")
    test = [
        f"%lowest = arith.constant {LOWEST[element]} : {element}",
        f"%c = arith.cmpf oeq, %s0, %lowest : {element}",
        "%r = arith.andi %c, %s1 : i1",
    ]
    hidden = network.generic("abmn", [s], (start, flags, "abm"), test), flags, "abm"
    zero = f"%zero = arith.constant 0.0 : {element}"
    body = [zero, f"%p = {divided}", f"%r = arith.select %s2, %zero, %p : {element}"]
    return each([e, total, hidden], body)[0]


def _weighted(network: Network, sizes: Sizes, shares: str) -> str:
    v, element = network.read("%arg2"), network.element
    shape = (sizes.images, sizes.heads, sizes.rows, sizes.columns)
    p = shares, network.type(_shape(sizes)), "abmk"
    body = [
        f"%product = arith.mulf %s0, %s1 : {element}",
        f"%r = arith.addf %s2, %product : {element}",
    ]
    start = network.filled(shape, "zero"), network.type(shape), "abmn"
    return network.generic("abmnk", [p, (*v, "abkn")], start, body)


def _doubled(network: Network, sizes: Sizes, result: str) -> str:
    """Something elementwise that joins the weighted values."""
    shape = (sizes.images, sizes.heads, sizes.rows, sizes.columns)
    o = result, network.type(shape), "abmn"
    body = [f"%r = arith.addf %s0, %s0 : {network.element}"]
    return network.generic("abmn", [o], (network.empty(shape), o[1], "abmn"), body)
