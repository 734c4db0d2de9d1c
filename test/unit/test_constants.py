"""Values of constants come out of MLIR as they went in, whatever form they have in it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import arith, ir, new_context
from optimus_mlir.mlir.constants import constant_attribute, read_constants

DTYPES = ["float16", "float32", "float64", "bool", "int8", "int16", "int32", "int64"]
CONTEXT = new_context()


def through_mlir(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    attribute = constant_attribute(array, "weights", CONTEXT)
    with CONTEXT, ir.Location.unknown(), ir.InsertionPoint(ir.Module.create().body):
        return read_constants([arith.ConstantOp(attribute.type, attribute)])[0]


def read(text: str) -> np.ndarray[Any, Any]:
    with CONTEXT:
        module = ir.Module.parse(text)
    return read_constants([module.body.operations[0]])[0]


@given(st.sampled_from(DTYPES).flatmap(lambda t: npst.arrays(t, npst.array_shapes(max_side=9))))
def test_there_and_back(array: np.ndarray[Any, Any]):
    back = through_mlir(array)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (17,), (40, 40, 40)])
def test_shapes(shape: tuple[int, ...]):
    array = np.random.default_rng(0).standard_normal(shape).astype("float32")
    assert np.array_equal(through_mlir(array), array)
    assert np.array_equal(through_mlir(np.ones(shape)), np.ones(shape))


def test_a_transposed_array_keeps_its_order():
    array = np.arange(600, dtype="int32").reshape(20, 30).T
    assert np.array_equal(through_mlir(array), array)


def test_what_is_printed():
    def text(array: np.ndarray[Any, Any]) -> str:
        return str(constant_attribute(array, "fc.bias", CONTEXT))

    assert text(np.array([1, 2], "int8")) == "dense<[1, 2]> : tensor<2xi8>"
    assert text(np.zeros(1000, "float32")) == "dense<0.000000e+00> : tensor<1000xf32>"
    assert text(np.arange(17)) == "dense_resource<fc.bias> : tensor<17xi64>"
    assert text(np.arange(17)) == "dense_resource<fc.bias_1> : tensor<17xi64>"


def test_the_element_type_can_be_chosen():
    with CONTEXT:
        index = ir.IndexType.get()
    attribute = constant_attribute(np.array([1, 2]), "shape", CONTEXT, index)
    assert str(attribute) == "dense<[1, 2]> : tensor<2xindex>"


def test_values_outlive_the_module_and_the_array():
    array = np.arange(1000, dtype="float32")
    attribute = constant_attribute(array.copy(), "weights", new_context())
    with attribute.context, ir.Location.unknown(), ir.InsertionPoint(ir.Module.create().body):
        back = read_constants([arith.ConstantOp(attribute.type, attribute)])[0]
    del attribute
    assert np.array_equal(back, array)


@pytest.mark.parametrize(
    ("constant", "values"),
    [
        ("dense<[1, 2]> : tensor<2xindex>", [1, 2]),
        ("dense<true> : tensor<2x2xi1>", [[True, True], [True, True]]),
        ("dense<[1.5, -2.0]> : vector<2xf16>", [1.5, -2.0]),
        ("dense<3> : tensor<i32>", 3),
    ],
)
def test_constants_of_a_file(constant: str, values: object):
    assert np.array_equal(read(f"%0 = arith.constant {constant}"), np.array(values))


@pytest.mark.parametrize(
    ("constant", "message"),
    [
        ("dense_resource<__elided__> : tensor<40xf32>", "has 0 bytes of values: save the module"),
        ("dense<[1.0, 2.0]> : tensor<2xtf32>", "no values of type tf32: convert to one of bf16,"),
        ("dense<1> : tensor<2xi4>", "no values of type i4"),
        ("1.0 : f32", "not a constant tensor: f32"),
    ],
)
def test_what_cannot_be_read(constant: str, message: str):
    with pytest.raises(PassFailure, match=message):
        read(f"%0 = arith.constant {constant}")


def test_a_resource_that_regions_use():
    """MLIR's bytecode writer crashes on an op whose users lie in regions that are not written."""
    text = """func.func @main(%i: index, %b: i1) -> (f32, f32) {
      %c = arith.constant dense_resource<w> : tensor<20xf32>
      %x = tensor.extract %c[%i] : tensor<20xf32>
      %y = scf.if %b -> f32 {
        %z = tensor.extract %c[%i] : tensor<20xf32>
        scf.yield %z : f32
      } else {
        scf.yield %x : f32
      }
      return %x, %y : f32, f32
    }
    {-# dialect_resources: { builtin: { w: "0x04000000VALUES" } } #-}"""
    module = ir.Module.parse(text.replace("VALUES", 20 * "0000803F"), new_context())
    (values,) = read_constants([module.body.operations[0].entry_block.operations[0]])
    np.testing.assert_array_equal(values, np.ones(20, np.float32))
