"""ONNX files are programs like any other."""

import sys
from pathlib import Path

import numpy as np
import pytest

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.files import load_module
from optimus_mlir.mlir import new_context
from optimus_mlir.runtime.plain import run_plainly


def test_a_convolution(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    weights = np.random.default_rng(0).standard_normal((4, 3, 1, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(n, floats, [1, c, 5, 6]) for n, c in (("x", 3), ("y", 4))]
    constants = [onnx.numpy_helper.from_array(weights, "w")]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    path = tmp_path / "network.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    x = np.random.default_rng(1).standard_normal((1, 3, 5, 6)).astype(np.float32)
    (result,) = run_plainly(load_module(path, new_context()), [x])
    expected = np.einsum("fc,nchw->nfhw", weights[:, :, 0, 0], x).clip(min=0)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_what_is_no_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wrong.onnx"
    path.write_text("hello")
    pytest.importorskip("onnx")
    with pytest.raises(OptimusError, match=r"wrong\.onnx: not a valid ONNX file"):
        load_module(path, new_context())
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(OptimusError, match=r"needs onnx: pip install 'optimus-mlir\[onnx\]'"):
        load_module(path, new_context())
