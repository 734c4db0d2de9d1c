"""Random anchors with random ops behind them compute the same before and after."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.runtime.plain import run_plainly

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Anchor:
    """A named op: the shapes of its input, weights and result, and whether the weights come first."""

    name: str
    input: Shape
    weights: Shape
    result: Shape
    weights_first: bool = False


ANCHORS = [
    Anchor("linalg.matmul", (3, 4), (4, 6), (3, 6)),
    Anchor("linalg.matmul", (4, 6), (3, 4), (3, 6), weights_first=True),
    Anchor("linalg.batch_matmul", (2, 3, 4), (2, 4, 6), (2, 3, 6)),
    Anchor("linalg.conv_2d_nchw_fchw", (2, 3, 6, 5), (4, 3, 3, 2), (2, 4, 4, 4)),
    Anchor("linalg.conv_2d_nhwc_hwcf", (1, 6, 5, 3), (3, 2, 3, 4), (1, 4, 4, 4)),
    Anchor("linalg.depthwise_conv_2d_nchw_chw", (1, 4, 5, 5), (4, 2, 2), (1, 4, 4, 4)),
    Anchor("linalg.depthwise_conv_2d_nhwc_hwcm", (1, 5, 5, 2), (2, 2, 2, 3), (1, 4, 4, 2, 3)),
    Anchor("linalg.conv_2d_ngchw_gfchw", (1, 2, 3, 4, 4), (2, 2, 3, 3, 3), (1, 2, 2, 2, 2)),
]
BODIES = [
    "arith.addf %x, %c : f32",
    "arith.subf %x, %c : f32",
    "arith.subf %c, %x : f32",
    "arith.mulf %c, %x : f32",
    "arith.divf %x, %c : f32",
    "arith.divf %c, %x : f32",
    "arith.negf %x : f32",
    "arith.maximumf %x, %c : f32",
    "arith.addf %x, %x : f32",
    "math.exp %x : f32",
]


@dataclass(frozen=True)
class Step:
    """An op behind the anchor; its other operand varies along `axes`, counted modulo the rank."""

    body: str
    axes: frozenset[int]
    is_argument: bool
    reads_start: bool  # also reads the anchor's result
    reshape: str  # what happens to the shape before: "", "flatten" or "split"


steps = st.builds(
    Step,
    body=st.sampled_from(BODIES),
    axes=st.frozensets(st.integers(0, 4), max_size=2),
    is_argument=st.integers(0, 3).map(lambda n: n == 0),
    reads_start=st.integers(0, 7).map(lambda n: n == 0),
    reshape=st.sampled_from(["", "", "", "flatten", "split"]),
)


class Program:
    """MLIR text, written from the top down, and the inputs to run it on."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.lines: list[str] = []
        self.arguments: list[str] = []
        self.inputs: list[np.ndarray] = []
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def line(self, text: str) -> str:
        name = self.name()
        self.lines.append(f"{name} = {text}")
        return name

    def operand(self, shape: Shape, is_argument: bool) -> str:
        """Values from 0.5 to 1.5 of either sign: nothing explodes."""
        values = self.random.uniform(0.5, 1.5, shape) * self.random.choice([-1, 1], shape)
        if not is_argument:
            return self.line(f"arith.constant dense<{values.tolist()}> : {tensor(shape)}")
        name = self.name()
        self.arguments.append(f"{name}: {tensor(shape)}")
        self.inputs.append(values.astype(np.float32))
        return name

    def anchor(self, anchor: Anchor, bias: frozenset[int]) -> str:
        """With a broadcast bias along these axes to start from, or zeros if there are none."""
        operands = [
            (self.operand(anchor.input, is_argument=True), anchor.input),
            (self.operand(anchor.weights, is_argument=False), anchor.weights),
        ]
        if anchor.weights_first:
            operands.reverse()
        names, shapes = zip(*operands, strict=True)
        types = ", ".join(map(tensor, shapes))
        kind = tensor(anchor.result)
        start = self.start(anchor.result, bias)
        return self.line(
            f"{anchor.name} ins({', '.join(names)} : {types}) outs({start} : {kind}) -> {kind}"
        )

    def start(self, shape: Shape, bias: frozenset[int]) -> str:
        empty = self.line(f"tensor.empty() : {tensor(shape)}")
        axes = sorted({axis % len(shape) for axis in bias})
        outs = f"outs({empty} : {tensor(shape)})"
        if not axes:
            zero = self.line("arith.constant 0.0 : f32")
            return self.line(f"linalg.fill ins({zero} : f32) {outs} -> {tensor(shape)}")
        inner = tuple(shape[axis] for axis in axes)
        repeated = [axis for axis in range(len(shape)) if axis not in axes]
        source = self.operand(inner, is_argument=False)
        return self.line(
            f"linalg.broadcast ins({source} : {tensor(inner)}) {outs} dimensions = {repeated}"
        )

    def step(self, step: Step, value: str, shape: Shape) -> str:
        axes = sorted({axis % len(shape) for axis in step.axes})
        inner = tuple(shape[axis] for axis in axes)
        other = self.operand(inner, step.is_argument)
        loops = [f"d{n}" for n in range(len(shape))]
        everything, some = ", ".join(loops), ", ".join(loops[axis] for axis in axes)
        maps = [f"affine_map<({everything}) -> ({m})>" for m in (everything, some, everything)]
        kinds = ", ".join(['"parallel"'] * len(shape))
        kind = tensor(shape)
        empty = self.line(f"tensor.empty() : {kind}")
        return self.line(f"""linalg.generic
            {{indexing_maps = [{", ".join(maps)}], iterator_types = [{kinds}]}}
            ins({value}, {other} : {kind}, {tensor(inner)}) outs({empty} : {kind}) {{
          ^bb0(%x: f32, %c: f32, %out: f32):
            %y = {step.body}
            linalg.yield %y : f32
          }} -> {kind}""")

    def reshaped(self, change: str, value: str, shape: Shape) -> tuple[str, Shape]:
        """The first two axes as one, or the first axis of even length as two."""
        even = next((axis for axis, extent in enumerate(shape) if extent % 2 == 0), None)
        if change == "flatten" and len(shape) > 2:
            new = (shape[0] * shape[1], *shape[2:])
            op, groups = "collapse_shape", [[0, 1], *([axis] for axis in range(2, len(shape)))]
        elif change == "split" and even is not None and len(shape) < 5:
            new = (*shape[:even], 2, shape[even] // 2, *shape[even + 1 :])
            op, groups = "expand_shape", [[axis + (axis > even)] for axis in range(len(shape))]
            groups[even].append(even + 1)
        else:
            return value, shape
        output = f" output_shape {list(new)}" if op == "expand_shape" else ""
        text = f"tensor.{op} {value} {groups}{output} : {tensor(shape)} into {tensor(new)}"
        return self.line(text), new

    def module(self, results: Sequence[tuple[str, Shape]]) -> ir.Module:
        names, shapes = zip(*results, strict=True)
        types = ", ".join(map(tensor, shapes))
        body = "\n".join(self.lines)
        with new_context():
            return ir.Module.parse(f"""
              func.func @main({", ".join(self.arguments)}) -> ({types}) {{
                {body}
                return {", ".join(names)} : {types}
              }}""")


def tensor(shape: Shape) -> str:
    return f"tensor<{'x'.join(map(str, (*shape, 'f32')))}>"


RESHAPED = Step(BODIES[0], frozenset(), is_argument=True, reads_start=False, reshape="flatten")
SPLIT_AGAIN = Step(BODIES[0], frozenset({0}), is_argument=True, reads_start=False, reshape="split")


@settings(max_examples=60, deadline=None)
@example(anchor=ANCHORS[3], bias=frozenset(), chain=[RESHAPED, RESHAPED], seed=0)
@example(anchor=ANCHORS[7], bias=frozenset(), chain=[RESHAPED, RESHAPED, SPLIT_AGAIN], seed=0)
@given(
    anchor=st.sampled_from(ANCHORS),
    bias=st.frozensets(st.integers(0, 4), max_size=2),
    chain=st.lists(steps, max_size=5),
    seed=st.integers(0, 99),
)
def test_random_programs(
    anchor: Anchor, bias: frozenset[int], chain: list[Step], seed: int
) -> None:
    program = Program(seed)
    value, shape = program.anchor(anchor, bias), anchor.result
    results = []
    for step in chain:
        if step.reads_start:
            results.append((value, shape))
        value, shape = program.reshaped(step.reshape, value, shape)
        value = program.step(step, value, shape)
    module = program.module([*results, (value, shape)])
    before = run_plainly(module, program.inputs)
    # a division by almost nothing magnifies what another order of additions changes
    assume(all(np.abs(x[np.isfinite(x)]).max(initial=0) < 1e3 for x in before))
    run_passes(module, [NormalizePass()])
    after = run_plainly(module, program.inputs)
    for x, y in zip(before, after, strict=True):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(
                y, x, rtol=1e-3, atol=1e-4 * np.abs(x[np.isfinite(x)]).max(initial=1)
            )
    once = str(module)
    run_passes(module, [NormalizePass()])
    assert str(module) == once
