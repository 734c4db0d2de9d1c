"""Random linalg ops on buffers: odd sizes, strides, padding before and after, several element types."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import strategies as st

SIZES = st.one_of(st.integers(1, 9), st.sampled_from([14, 15, 16, 17, 28, 31, 33, 37, 50]))
SMALL = st.integers(1, 4)


@dataclass(frozen=True)
class Kernel:
    """A function `kernel` of MLIR, and the sizes and types of its buffers; the last is the result."""

    text: str
    buffers: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Buffer:
    """A buffer of some shape inside a larger one, so that its rows are not next to each other."""

    shape: tuple[int, ...]
    slack: tuple[int, ...]
    element: str = "f32"

    @property
    def strides(self) -> list[int]:
        outer = [n + more for n, more in zip(self.shape, self.slack, strict=True)]
        return [math.prod(outer[i + 1 :]) for i in range(len(outer))]

    @property
    def elements(self) -> int:
        return 1 + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))

    def __str__(self) -> str:
        shape = "".join(f"{n}x" for n in self.shape)
        strides = ", ".join(map(str, self.strides))
        return f"memref<{shape}{self.element}, strided<[{strides}]>>"


@st.composite
def buffers(draw: st.DrawFn, *shape: int, element: str = "f32") -> Buffer:
    slack = draw(st.tuples(*(st.sampled_from([0, 0, 0, 1, 3]) for _ in shape)))
    return Buffer(shape, slack, element)


@st.composite
def kernels(draw: st.DrawFn) -> Kernel:
    kind = draw(st.sampled_from([convolutions, depthwise, matmuls, pools, maps, reductions]))
    return draw(kind())


def _kernel(inputs: list[Buffer], result: Buffer, body: str, fill: str | None = "0.0") -> Kernel:
    arguments = ", ".join(f"%a{i}: {b}" for i, b in enumerate(inputs))
    begin = ""
    if fill is not None:
        element = result.element
        begin = f"""
  %start = arith.constant {fill} : {element}
  linalg.fill ins(%start : {element}) outs(%r : {result})"""
    text = f"func.func @kernel({arguments}, %r: {result}) {{{begin}\n{body}\n  return\n}}"
    return Kernel(text, tuple((b.elements, b.element) for b in (*inputs, result)))


def _start(draw: st.DrawFn, value: str) -> str | None:
    """From a fill, or on from what the result holds: then a reduction was cut into blocks."""
    return draw(st.sampled_from([value, None]))


@st.composite
def convolutions(draw: st.DrawFn) -> Kernel:
    f, c, kh, kw, stride, dilation = (draw(SMALL) for _ in range(6))
    f = draw(st.sampled_from([f, 13, 24]))
    oh, ow = draw(SMALL), draw(SIZES)
    stride, dilation = min(stride, 3), min(dilation, 2)
    rows = (oh - 1) * stride + (kh - 1) * dilation + 1
    columns = (ow - 1) * stride + (kw - 1) * dilation + 1
    element = draw(st.sampled_from(["f32", "f32", "i8"]))
    x = draw(buffers(1, c, rows, columns, element=element))
    w = draw(buffers(f, c, kh, kw, element=element))
    r = draw(buffers(1, f, oh, ow, element="f32" if element == "f32" else "i32"))
    body = f"""  linalg.conv_2d_nchw_fchw {{strides = dense<{stride}> : vector<2xi64>,
    dilations = dense<{dilation}> : vector<2xi64>}} ins(%a0, %a1 : {x}, {w}) outs(%r : {r})"""
    return _kernel([x, w], r, body, _start(draw, "0.0" if element == "f32" else "0"))


@st.composite
def depthwise(draw: st.DrawFn) -> Kernel:
    c, k, stride, oh, ow = (
        draw(SIZES),
        draw(SMALL),
        draw(st.integers(1, 2)),
        draw(SMALL),
        draw(SIZES),
    )
    x = draw(buffers(1, c, (oh - 1) * stride + k, (ow - 1) * stride + k))
    w, r = draw(buffers(c, k, k)), draw(buffers(1, c, oh, ow))
    body = f"""  linalg.depthwise_conv_2d_nchw_chw {{strides = dense<{stride}> : vector<2xi64>,
    dilations = dense<1> : vector<2xi64>}} ins(%a0, %a1 : {x}, {w}) outs(%r : {r})"""
    return _kernel([x, w], r, body, _start(draw, "0.0"))


@st.composite
def matmuls(draw: st.DrawFn) -> Kernel:
    """Also with a transposed operand, and with one row: A·B, Aᵀ·B, A·Bᵀ."""
    m, n, k = draw(SIZES), draw(SIZES), draw(SIZES)
    lhs, rhs = draw(st.sampled_from([("ik", "kj"), ("ki", "kj"), ("ik", "jk")]))
    size = {"i": m, "j": n, "k": k}
    a = draw(buffers(*(size[d] for d in lhs)))
    b = draw(buffers(*(size[d] for d in rhs)))
    r = draw(buffers(m, n))
    maps = ", ".join(f"affine_map<(i, j, k) -> ({', '.join(d)})>" for d in (lhs, rhs, "ij"))
    body = f"""  linalg.generic {{indexing_maps = [{maps}],
      iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%a0, %a1 : {a}, {b}) outs(%r : {r}) {{
  ^bb0(%x: f32, %y: f32, %s: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %s, %p : f32
    linalg.yield %t : f32
  }}"""
    return _kernel([a, b], r, body, _start(draw, "0.0"))


@st.composite
def pools(draw: st.DrawFn) -> Kernel:
    c, k, stride, oh, ow = (
        draw(SMALL),
        draw(SMALL),
        draw(st.integers(1, 3)),
        draw(SMALL),
        draw(SIZES),
    )
    kind, start = draw(st.sampled_from([("max", "0xFF800000"), ("sum", "0.0")]))
    x = draw(buffers(1, c, (oh - 1) * stride + k, (ow - 1) * stride + k))
    w, r = Buffer((k, k), (0, 0)), draw(buffers(1, c, oh, ow))
    body = f"""  linalg.pooling_nchw_{kind} {{strides = dense<{stride}> : vector<2xi64>,
    dilations = dense<1> : vector<2xi64>}} ins(%a0, %a1 : {x}, {w}) outs(%r : {r})"""
    return _kernel([x, w], r, body, _start(draw, start))


@st.composite
def maps(draw: st.DrawFn) -> Kernel:
    """Elementwise: one operand whole, one broadcast or transposed, perhaps the result too."""
    a, b, c = draw(SMALL), draw(SIZES), draw(SIZES)
    shapes = {"(i, j, k)": (a, b, c), "(j)": (b,), "(k)": (c,), "(k, j)": (c, b), "(i, j)": (a, b)}
    other = draw(st.sampled_from(sorted(shapes)))
    inputs = [draw(buffers(a, b, c)), draw(buffers(*shapes[other]))]
    r = draw(buffers(a, b, c))
    operation = draw(st.sampled_from(["exp", "erf", "tanh", "absf", "sqrt"]))
    first = draw(st.sampled_from(["%x", "%s"]))
    index = ", ".join(f"affine_map<(i, j, k) -> {m}>" for m in ("(i, j, k)", other, "(i, j, k)"))
    body = f"""  %zero = arith.constant 0.0 : f32
  linalg.generic {{indexing_maps = [{index}],
      iterator_types = ["parallel", "parallel", "parallel"]}}
      ins(%a0, %a1 : {inputs[0]}, {inputs[1]}) outs(%r : {r}) {{
  ^bb0(%x: f32, %y: f32, %s: f32):
    %big = arith.maximumf {first}, %zero : f32
    %f = math.{operation} %big : f32
    %is = arith.cmpf ugt, %y, %zero : f32
    %t = arith.select %is, %f, %y : f32
    linalg.yield %t : f32
  }}"""
    return _kernel(inputs, r, body, fill=None)


@st.composite
def reductions(draw: st.DrawFn) -> Kernel:
    """Of rows, columns or both; sums, sums of exponentials, and maxima."""
    a, b, c = draw(SMALL), draw(SIZES), draw(SIZES)
    kept = draw(st.sampled_from(["i", "ij", "ik", "k"]))
    size = {"i": a, "j": b, "k": c}
    x, r = draw(buffers(a, b, c)), draw(buffers(*(size[d] for d in kept)))
    kinds = ", ".join('"parallel"' if d in kept else '"reduction"' for d in "ijk")
    combine, start = draw(
        st.sampled_from([("addf", "0.0"), ("maximumf", "0xFF800000"), ("mulf", "1.0")])
    )
    body = f"""  linalg.generic {{indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>,
      affine_map<(i, j, k) -> ({", ".join(kept)})>], iterator_types = [{kinds}]}}
      ins(%a0 : {x}) outs(%r : {r}) {{
  ^bb0(%x: f32, %s: f32):
    %t = arith.{combine} %s, %x : f32
    linalg.yield %t : f32
  }}"""
    return _kernel([x], r, body, _start(draw, start))
