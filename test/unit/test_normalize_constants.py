"""An op on constants gives the same bits when it is evaluated as when it is compiled."""

import numpy as np
import pytest

from optimus_mlir.analysis.scalar_arithmetic import BINARY, CASTS, UNARY
from optimus_mlir.mlir import arith, ir, new_context, run_passes
from optimus_mlir.mlir.constants import constant_attribute, read_constants
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.runtime.plain import run_plainly

FLOATS = [0.0, -0.0, 1.0, -1.5, 2.5, -2.5, 3e-5, 1e-40, 7.25, 88.0, -3e38, np.inf, -np.inf, np.nan]
INTEGERS = [0, 1, -1, 2, 7, -8, 100, -100, 127, -128, 3, 5, -6, 64]
VALUES = {
    "f16": np.clip(FLOATS, -65504, np.inf).astype("f2"),
    "f32": np.array(FLOATS, "f4"),
    "f64": np.array(FLOATS, "f8"),
    "i1": np.array(INTEGERS, "i8") % 2 == 0,
    "i8": np.array(INTEGERS, "i1"),
    "i32": np.array(INTEGERS, "i4") * 16777213,
    "i64": np.array(INTEGERS, "i8") * 2**50,
}
CMPF = ["oeq", "ogt", "oge", "olt", "ole", "one", "ueq", "ugt", "uge", "ult", "ule", "une"]
CMPI = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"]
EXACT = {"absf", "absi", "ceil", "floor", "roundeven", "trunc", "sqrt"}


def operands() -> tuple[np.ndarray, ...]:
    """All pairs of positions in the lists of values."""
    count = len(FLOATS)
    return tuple(each.reshape(-1) for each in np.indices((count, count)))


def module_of(body: str, kinds: list[str], result: str) -> ir.Module:
    """`body` on all pairs of values, which are arguments."""
    count = len(operands()[0])
    names = ["%x", "%y"][: len(kinds)]
    tensors = [f"tensor<{count}x{kind}>" for kind in kinds]
    arguments = ", ".join(f"{n}: {t}" for n, t in zip(names, tensors, strict=True))
    elements = ", ".join(f"{n}i: {k}" for n, k in zip(names, kinds, strict=True))
    with new_context():
        return ir.Module.parse(f"""
          #id = affine_map<(i) -> (i)>
          func.func @main({arguments}) -> tensor<{count}x{result}> {{
            %empty = tensor.empty() : tensor<{count}x{result}>
            %z = linalg.generic {{indexing_maps = [{", ".join(["#id"] * (len(kinds) + 1))}],
                                 iterator_types = ["parallel"]}}
                ins({", ".join(names)} : {", ".join(tensors)})
                outs(%empty : tensor<{count}x{result}>) {{
            ^bb0({elements}, %out: {result}):
              %r = {body}
              linalg.yield %r : {result}
            }} -> tensor<{count}x{result}>
            return %z : tensor<{count}x{result}>
          }}""")


def inputs_of(kinds: list[str]) -> list[np.ndarray]:
    return [VALUES[kind][at] for kind, at in zip(kinds, operands(), strict=False)]


def evaluated(body: str, kinds: list[str], result: str) -> np.ndarray | None:
    """The value of the constant that is left; None if the op was not evaluated."""
    module = module_of(body, kinds, result)
    block = module.body.operations[0].regions[0].blocks[0]
    with module.context, ir.Location.unknown(), ir.InsertionPoint.at_block_begin(block):
        for argument, array in zip(block.arguments, inputs_of(kinds), strict=True):
            attribute = constant_attribute(array, "values", module.context)
            argument.replace_all_uses_with(arith.ConstantOp(attribute.type, attribute).result)
    run_passes(module, [NormalizePass()])
    ops = list(block.operations)
    if any(op.operation.name == "linalg.generic" for op in ops):
        return None
    return read_constants([ops[-1].operands[0].owner.opview])[0]


def compiled(body: str, kinds: list[str], result: str) -> np.ndarray:
    return run_plainly(module_of(body, kinds, result), inputs_of(kinds))[0]


def cases() -> list[tuple[str, list[str], str, bool]]:
    """Body, types of operands, type of result, and whether all bits are the same."""
    found: list[tuple[str, list[str], str, bool]] = []
    for name in sorted(BINARY):
        kinds = ["f32", "f64"] if name.endswith("f") or "math" in name else ["i1", "i8", "i32"]
        kinds = ["i1", "i32"] if name in ("arith.andi", "arith.xori") else kinds
        found += [
            (f"{name} %xi, %yi : {k}", [k, k], k, "math" not in name)
            for k in kinds
            if k != "i1" or name in ("arith.andi", "arith.ori", "arith.xori")
        ]
    for name in sorted(UNARY):
        k = "i32" if name == "math.absi" else "f32"
        found.append((f"{name} %xi : {k}", [k], k, name.split(".")[1] in EXACT))
    found += [(f"arith.cmpf {p}, %xi, %yi : f32", ["f32", "f32"], "i1", True) for p in CMPF]
    found += [(f"arith.cmpi {p}, %xi, %yi : i8", ["i8", "i8"], "i1", True) for p in CMPI]
    found += [(f"arith.select %xi, %yi, %yi : {k}", ["i1", k], k, True) for k in ("f32", "i8")]
    for name, source, target in [
        ("extf", "f16", "f32"),
        ("extf", "f32", "f64"),
        ("truncf", "f64", "f32"),
        ("truncf", "f32", "f16"),
        *((n, s, "f32") for n in ("sitofp", "uitofp") for s in ("i1", "i8", "i32", "i64")),
        *((n, s, "i64") for n in ("extsi", "extui") for s in ("i1", "i8", "i32")),
        *(("trunci", "i32", t) for t in ("i1", "i8")),
    ]:
        found.append((f"arith.{name} %xi : {source} to {target}", [source], target, True))
    return found


@pytest.mark.parametrize(("body", "kinds", "result", "exact"), cases(), ids=lambda v: str(v)[:40])
def test_evaluated_as_compiled(body: str, kinds: list[str], result: str, exact: bool) -> None:
    value = evaluated(body, kinds, result)
    assert value is not None
    expected = compiled(body, kinds, result)
    if exact:
        np.testing.assert_array_equal(value, expected)
    else:  # exp and its like come from different libraries
        np.testing.assert_allclose(value, expected, rtol=5e-7, atol=1e-7)


def test_every_op_is_tested() -> None:
    tested = {body.split()[0] for body, *_ in cases()}
    assert tested >= BINARY.keys() | UNARY.keys() | (
        CASTS.keys() - {"arith.index_cast", "arith.fptosi"}
    )


@pytest.mark.parametrize(
    ("body", "kinds", "result"),
    [
        ("arith.addi %xi, %yi : i1", ["i1", "i1"], "i1"),  # NumPy's + on booleans is another
        ("arith.cmpi slt, %xi, %yi : i1", ["i1", "i1"], "i1"),
        ("arith.fptosi %xi : f32 to i8", ["f32"], "i8"),  # not all values fit
        ("arith.divsi %xi, %yi : i32", ["i32", "i32"], "i32"),
    ],
)
def test_what_is_not_known_is_left_alone(body: str, kinds: list[str], result: str) -> None:
    assert evaluated(body, kinds, result) is None


STRUCTURAL = {
    "slice": "tensor.extract_slice %c[1, 0, 1] [1, 3, 2] [1, 1, 2] : tensor<2x3x4xi32> to tensor<3x2xi32>",
    "expand": "tensor.expand_shape %c [[0], [1], [2, 3]] output_shape [2, 3, 2, 2]"
    " : tensor<2x3x4xi32> into tensor<2x3x2x2xi32>",
    "collapse": "tensor.collapse_shape %c [[0, 1], [2]] : tensor<2x3x4xi32> into tensor<6x4xi32>",
    "pad": """tensor.pad %c low[0, 1, 0] high[2, 0, 1] {
      ^bb0(%i: index, %j: index, %k: index):
        tensor.yield %seven : i32
      } : tensor<2x3x4xi32> to tensor<4x4x5xi32>""",
    "transpose": "linalg.transpose ins(%c : tensor<2x3x4xi32>) outs(%e : tensor<4x2x3xi32>)"
    " permutation = [2, 0, 1]",
    "permuted result": """linalg.generic {
        indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (k, i, j)>],
        iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%c : tensor<2x3x4xi32>) outs(%e : tensor<4x2x3xi32>) {
      ^bb0(%in: i32, %out: i32):
        %sum = arith.addi %in, %seven : i32
        linalg.yield %sum : i32
      } -> tensor<4x2x3xi32>""",
    "positions": """linalg.generic {
        indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>],
        iterator_types = ["parallel", "parallel", "parallel"]} outs(%e : tensor<4x2x3xi32>) {
      ^bb0(%out: i32):
        %i = linalg.index 0 : index
        %j = linalg.index 1 : index
        %k = linalg.index 2 : index
        %last = arith.constant 3 : index
        %backwards = arith.subi %last, %i : index
        %element = tensor.extract %c[%j, %k, %backwards] : tensor<2x3x4xi32>
        %number = arith.index_cast %i : index to i32
        %sum = arith.addi %element, %number : i32
        linalg.yield %sum : i32
      } -> tensor<4x2x3xi32>""",
}


def structural(op: str, result: str) -> ir.Module:
    values = np.arange(24).reshape(2, 3, 4).tolist()
    with new_context():
        return ir.Module.parse(f"""
          func.func @main() -> {result} {{
            %seven = arith.constant 7 : i32
            %c = arith.constant dense<{values}> : tensor<2x3x4xi32>
            %e = tensor.empty() : tensor<4x2x3xi32>
            %r = {op}
            return %r : {result}
          }}""")


@pytest.mark.parametrize("op", STRUCTURAL)
def test_structural_ops(op: str) -> None:
    result = "tensor<4x2x3xi32>" if op == "transpose" else STRUCTURAL[op].split()[-1]
    module = structural(STRUCTURAL[op], result)
    (before,) = run_plainly(module, [])
    run_passes(module, [NormalizePass()])
    constant, _ = module.body.operations[0].regions[0].blocks[0].operations
    assert np.array_equal(read_constants([constant])[0], before)


@pytest.mark.parametrize(
    ("op", "result"),
    [
        (
            STRUCTURAL["pad"].replace("low[0, 1, 0]", "low[0, -1, 0]").replace("4x4x5", "4x2x5"),
            "tensor<4x2x5xi32>",
        ),
        (
            STRUCTURAL["positions"].replace("constant 3 : index", "constant 4 : index"),
            "tensor<4x2x3xi32>",
        ),
    ],
    ids=["cropping", "outside of the tensor"],
)
def test_what_is_left_alone(op: str, result: str) -> None:
    module = structural(op, result)
    run_passes(module, [NormalizePass()])
    assert "tensor.pad" in str(module) or "tensor.extract" in str(module)
