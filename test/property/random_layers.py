"""Layers without windows: elementwise, products of matrices, softmax, concatenations, slices."""

from __future__ import annotations

import math
from collections.abc import Callable

from hypothesis import strategies as st
from linalg_text import Network, Shape
from random_enlargements import nearest, shuffled, transposed
from random_windows import convolution, depthwise, grouped, max_pool, sum_pool, upsampling


def add(draw: st.DrawFn, network: Network, source: str) -> None:
    """A residual add, where there is another map of the same shape; else the map with itself."""
    shape = network.maps[source]
    others = sorted(name for name, other in network.maps.items() if other == shape)
    x, kind = network.read(source)
    y, _ = network.read(draw(st.sampled_from(others)))
    empty = network.empty(shape)
    result = network.emit(
        f"linalg.add ins({x}, {y} : {kind}, {kind}) outs({empty} : {kind}) -> {kind}"
    )
    network.feature_map(result, shape)


def relu(draw: st.DrawFn, network: Network, source: str) -> None:
    shape = network.maps[source]
    x, kind = network.read(source)
    empty, zeros = network.empty(shape), network.filled(shape, "zero")
    result = network.emit(
        f"linalg.max ins({x}, {zeros} : {kind}, {kind}) outs({empty} : {kind}) -> {kind}"
    )
    network.feature_map(result, shape)


def linear(draw: st.DrawFn, network: Network, source: str) -> None:
    """A matrix of all rows of a map times weights, or image by image."""
    images, channels, rows, columns = shape = network.maps[source]
    features = draw(
        st.integers(1, 6) | st.sampled_from(sorted({s[3] for s in network.maps.values()}))
    )
    op, left, right, groups = draw(
        st.sampled_from(
            [
                ("matmul", (images * channels * rows, columns), (), "[[0, 1, 2], [3]]"),
                (
                    "batch_matmul",
                    (images * channels, rows, columns),
                    (images * channels,),
                    "[[0, 1], [2], [3]]",
                ),
            ]
        )
    )
    x, kind = network.read(source)
    flat = network.emit(f"tensor.collapse_shape {x} {groups} : {kind} into {network.type(left)}")
    weights = (*right, columns, features)
    constant, result = network.constant(weights), (*left[:-1], features)
    start = network.filled(result, "zero", network.sums)
    sums = network.type(result, network.sums)
    product = network.emit(
        f"linalg.{op} ins({flat}, {constant} : {network.type(left)}, {network.type(weights)}) "
        f"outs({start} : {sums}) -> {sums}"
    )
    product, shape = network.requantised(product, result), (images, channels, rows, features)
    network.feature_map(
        network.emit(
            f"tensor.expand_shape {product} {groups} output_shape {list(shape)} : "
            f"{network.type(result)} into {network.type(shape)}"
        ),
        shape,
    )


def scores(draw: st.DrawFn, network: Network, source: str) -> None:
    """Every row of a map times every row of another, as in attention."""
    *outer, rows, columns = network.maps[source]
    others = [n for n, s in network.maps.items() if (*s[:2], s[3]) == (*outer, columns)]
    other = draw(st.sampled_from(sorted(others)))
    shape = (*outer, rows, network.maps[other][2])
    element, kind = network.sums, network.type(shape, network.sums)
    multiply, plus = network.arithmetic("mulf", "muli"), network.arithmetic("addf", "addi")
    wide = [f"%s{i}" for i in (0, 1)]
    body: list[str] = []
    if network.element == "i8":
        body = [f"%w{i} = arith.extsi %s{i} : i8 to i32" for i in (0, 1)]
        wide = ["%w0", "%w1"]
    elif network.is_float:  # as attention does, so that numbers stay small
        scale = 2.0 ** -math.ceil(math.log2(columns * 8))
        body = [
            f"%scale = arith.constant {scale:e} : {element}",
            f"%w0 = arith.mulf %s0, %scale : {element}",
        ]
        wide = ["%w0", "%s1"]
    body += [
        f"%product = {multiply} {wide[0]}, {wide[1]} : {element}",
        f"%r = {plus} %s2, %product : {element}",
    ]
    x, y = network.read(source), network.read(other)
    start = network.filled(shape, "zero", element)
    result = network.generic("abmnk", [(*x, "abmk"), (*y, "abnk")], (start, kind, "abmn"), body)
    network.feature_map(network.requantised(result, shape), shape)


def softmax(draw: st.DrawFn, network: Network, source: str) -> None:
    """Along any dimension; of integers the same graph with a subtraction in place of exp and /."""
    shape, along = network.maps[source], draw(st.sampled_from("chw"))
    rest = "nchw".replace(along, "")
    reduced = tuple(n for loop, n in zip("nchw", shape, strict=True) if loop in rest)
    element = network.element
    x = (*network.read(source), "nchw")
    kinds = network.type(shape), network.type(reduced)

    def reduction(of: tuple[str, str, str], start: str, op: str) -> tuple[str, str, str]:
        write = (network.filled(reduced, start), kinds[1], rest)
        body = [f"%r = {op} %s1, %s0 : {element}"]
        return (network.generic("nchw", [of], write, body), kinds[1], rest)

    def each(*reads: tuple[str, str, str], body: list[str]) -> tuple[str, str, str]:
        write = (network.empty(shape), kinds[0], "nchw")
        return (network.generic("nchw", list(reads), write, body), kinds[0], "nchw")

    less = f"{network.arithmetic('subf', 'subi')} %s0, %s1 : {element}"
    most = reduction(x, "lowest", network.arithmetic("maximumf", "maxsi"))
    powers = [f"%d = {less}", f"%r = math.exp %d : {element}"]
    lowered = each(x, most, body=powers if network.is_float else [f"%r = {less}"])
    total = reduction(lowered, "zero", network.arithmetic("addf", "addi"))
    divided = f"arith.divf %s0, %s1 : {element}" if network.is_float else less
    network.feature_map(each(lowered, total, body=[f"%r = {divided}"])[0], shape)


def concatenation(draw: st.DrawFn, network: Network, source: str) -> None:
    """With any map that has the same other sizes, as one op or slice by slice."""
    shape, axis = network.maps[source], draw(st.integers(1, 3))
    others = sorted(
        n for n, s in network.maps.items() if _without(s, axis) == _without(shape, axis)
    )
    x, y = network.read(source), network.read(draw(st.sampled_from(others)))
    size = shape[axis] + network.maps[y[0]][axis]
    whole = (*shape[:axis], size, *shape[axis + 1 :])
    kind = network.type(whole)
    if draw(st.booleans()):
        result = network.emit(
            f"tensor.concat dim({axis}) {x[0]}, {y[0]} : ({x[1]}, {y[1]}) -> {kind}"
        )
    else:
        result, offset = network.empty(whole), 0
        for name, own in (x, y):
            at = [offset if i == axis else 0 for i in range(4)]
            result = network.emit(
                f"tensor.insert_slice {name} into {result}{at} {list(network.maps[name])} "
                f"[1, 1, 1, 1] : {own} into {kind}"
            )
            offset += network.maps[name][axis]
    network.feature_map(result, whole)


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def slice_of(draw: st.DrawFn, network: Network, source: str) -> None:
    """Some channels, rows and columns, perhaps every other one."""
    shape = network.maps[source]
    begin = [0, *(draw(st.integers(0, (n - 1) // 2)) for n in shape[1:])]
    step = [1, *(draw(st.sampled_from([1, 1, 2])) for _ in shape[1:])]
    most = [(n - 1 - b) // s + 1 for n, b, s in zip(shape, begin, step, strict=True)]
    sizes = (shape[0], *(draw(st.integers(max(1, n - 2), n)) for n in most[1:]))
    x, kind = network.read(source)
    result = network.emit(
        f"tensor.extract_slice {x}{begin} {list(sizes)} {step} : {kind} to {network.type(sizes)}"
    )
    network.feature_map(result, sizes)


def transposition(draw: st.DrawFn, network: Network, source: str) -> None:
    shape = network.maps[source]
    order = draw(st.sampled_from([[0, 1, 3, 2], [0, 2, 1, 3], [0, 3, 1, 2]]))
    turned = tuple(shape[i] for i in order)
    x, kind = network.read(source)
    empty = network.empty(turned)
    result = network.emit(
        f"linalg.transpose ins({x} : {kind}) outs({empty} : {network.type(turned)}) "
        f"permutation = {order}"
    )
    network.feature_map(result, turned)


LAYERS: list[Callable[[st.DrawFn, Network, str], None]] = [
    convolution,
    convolution,
    convolution,
    depthwise,
    grouped,
    max_pool,
    sum_pool,
    upsampling,
    nearest,
    shuffled,
    transposed,
    add,
    add,
    relu,
    linear,
    scores,
    softmax,
    concatenation,
    slice_of,
    transposition,
]

PRODUCTS: list[Callable[[st.DrawFn, Network, str], None]] = [linear, linear, linear, add, relu]
