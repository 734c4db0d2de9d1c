"""The oracle gives what NumPy gives, and fails with a message instead of ending the process."""

import numpy as np
import pytest

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context
from optimus_mlir.runtime.plain import run_plainly


def parse(text: str) -> ir.Module:
    with new_context():
        return ir.Module.parse(text)


ROOT = """
#id = affine_map<(i) -> (i)>
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<3xf32>) outs(%empty : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %positive = arith.cmpf oge, %in, %zero : f32
    cf.assert %positive, "no roots of negative numbers"
    %root = math.sqrt %in : f32
    linalg.yield %root : f32
  } -> tensor<3xf32>
  return %y : tensor<3xf32>
}"""


def test_assertions_become_errors() -> None:
    module = parse(ROOT)
    x = np.array([4, 9, 16], np.float32)
    assert np.array_equal(run_plainly(module, [x])[0], [2, 3, 4])
    with pytest.raises(OptimusError, match="assertion failed: no roots of negative numbers"):
        run_plainly(module, [-x])


def test_the_module_and_the_inputs_stay_as_they_are() -> None:
    module = parse("""
      func.func @main(%x: tensor<2x2xi32>) -> (tensor<2x2xi32>, tensor<2x2xi32>) {
        %one = arith.constant 1 : i32
        %y = linalg.fill ins(%one : i32) outs(%x : tensor<2x2xi32>) -> tensor<2x2xi32>
        return %y, %x : tensor<2x2xi32>, tensor<2x2xi32>
      }""")
    before, x = str(module), np.arange(4, dtype=np.int32).reshape(2, 2)
    y, same = run_plainly(module, [x])
    assert np.array_equal(y, np.ones((2, 2)))
    assert np.array_equal(same, [[0, 1], [2, 3]])
    assert np.array_equal(x, [[0, 1], [2, 3]])
    assert str(module) == before


def test_inputs_are_not_computed_upon() -> None:
    module = parse("""
      func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
        %one = arith.constant 1.0 : f32
        %y = linalg.fill ins(%one : f32) outs(%x : tensor<2xf32>) -> tensor<2xf32>
        return %y : tensor<2xf32>
      }""")
    x = np.zeros(2, np.float32)
    assert np.array_equal(run_plainly(module, [x])[0], [1, 1])
    assert np.array_equal(x, [0, 0])


def test_padding_slices_and_large_constants() -> None:
    module = parse("""
      func.func @main(%x: tensor<9x9xf32>) -> tensor<9x12xf32> {
        %zero = arith.constant 0.0 : f32
        %large = arith.constant dense<2.0> : tensor<9x9xf32>
        %empty = tensor.empty() : tensor<9x9xf32>
        %sum = linalg.add ins(%x, %large : tensor<9x9xf32>, tensor<9x9xf32>)
                          outs(%empty : tensor<9x9xf32>) -> tensor<9x9xf32>
        %part = tensor.extract_slice %sum[0, 1] [9, 8] [1, 1] : tensor<9x9xf32> to tensor<9x8xf32>
        %padded = tensor.pad %part low[0, 1] high[0, 3] {
        ^bb0(%i: index, %j: index):
          tensor.yield %zero : f32
        } : tensor<9x8xf32> to tensor<9x12xf32>
        return %padded : tensor<9x12xf32>
      }""")
    x = np.arange(81, dtype=np.float32).reshape(9, 9)
    assert np.array_equal(run_plainly(module, [x])[0], np.pad(x[:, 1:] + 2, ((0, 0), (1, 3))))


@pytest.mark.parametrize("dtype", ["f16", "f64", "i8", "i64", "i1"])
def test_element_types(dtype: str) -> None:
    module = parse(f"""
      func.func @main(%x: tensor<4x3x{dtype}>, %scalar: tensor<{dtype}>)
          -> (tensor<3x4x{dtype}>, tensor<{dtype}>) {{
        %empty = tensor.empty() : tensor<3x4x{dtype}>
        %y = linalg.transpose ins(%x : tensor<4x3x{dtype}>) outs(%empty : tensor<3x4x{dtype}>)
             permutation = [1, 0]
        return %y, %scalar : tensor<3x4x{dtype}>, tensor<{dtype}>
      }}""")
    numpy_type = {"f16": "f2", "f64": "f8", "i8": "i1", "i64": "i8", "i1": "?"}[dtype]
    x = (np.arange(12) % 5).reshape(4, 3).astype(numpy_type)
    y, scalar = run_plainly(module, [x, x[1, 1]])
    assert np.array_equal(y, x.T)
    assert scalar == x[1, 1]


def test_what_cannot_be_run() -> None:
    module = parse(ROOT)
    with pytest.raises(OptimusError, match=r"takes float32 of shape \[3\], got float64 of shape"):
        run_plainly(module, [np.zeros(3)])
    with pytest.raises(OptimusError, match="no function @main to run"):
        run_plainly(parse(ROOT.replace("@main", "@other")), [])
    dynamic = parse(
        "func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {return %x: tensor<?xf32>}"
    )
    with pytest.raises(OptimusError, match=r"tensor<\?xf32> in @main: make it a tensor of static"):
        run_plainly(dynamic, [np.zeros(3, np.float32)])


def test_a_tensor_that_is_returned_twice() -> None:
    text = ROOT.replace(
        "-> tensor<3xf32> {\n  %zero", "-> (tensor<3xf32>, tensor<3xf32>) {\n  %zero"
    )
    text = text.replace("return %y : tensor<3xf32>", "return %y, %y : tensor<3xf32>, tensor<3xf32>")
    first, second = run_plainly(parse(text), [np.array([4, 9, 16], np.float32)])
    assert np.array_equal(first, [2, 3, 4])
    assert np.array_equal(second, [2, 3, 4])
