"""PyTorch models from files."""

from pathlib import Path

import numpy as np
import pytest
import torch

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.torch_files import is_torch_file, load_torch_file
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.runtime.plain import run_plainly

CODE = """
import torch
from neighbour import CHANNELS

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(CHANNELS, 4, 3)

    def forward(self, x, mask=None, *, scale):
        return {"y": self.convolution(x) * scale if mask is None else mask}

def build():
    return torch.nn.Conv2d(CHANNELS, 4, 3), torch.ones(1, CHANNELS, 5, 5)

def build_with_tuple():
    return torch.nn.Bilinear(2, 3, 4), (torch.ones(1, 2), torch.ones(1, 3))

def number():
    return 3

def broken():
    raise ValueError("no\\nweights")
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "neighbour.py").write_text("CHANNELS = 2")
    path = tmp_path / "net.py"
    path.write_text(CODE)
    return path


@pytest.mark.parametrize("function", ["build", "build_with_tuple"])
def test_a_function_builds_the_network(code: Path, function: str) -> None:
    model = load_torch_file(f"{code}:{function}")
    arrays = [tensor.numpy() for tensor in model.inputs]
    results = run_plainly(import_torch(model.network, model.inputs), arrays)
    np.testing.assert_allclose(results[0], model.run(arrays)[0], rtol=1e-5, atol=1e-6)


def test_an_exported_program_with_named_and_missing_inputs(code: Path, tmp_path: Path) -> None:
    import runpy
    import sys

    sys.path.insert(0, str(tmp_path))
    network = runpy.run_path(str(code))["Net"]().eval()
    sys.path.pop(0)
    x, scale = torch.randn(1, 2, 5, 5), torch.rand(1)
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(network, (x, None), {"scale": scale}), path)
    model = load_torch_file(str(path))
    arrays = [tensor.numpy() for tensor in model.inputs]
    assert [array.shape for array in arrays] == [(1, 2, 5, 5), (1,)]
    doubled = [arrays[0], 2 * arrays[1]]
    (once,), (twice,) = model.run(arrays), model.run(doubled)
    np.testing.assert_allclose(2 * once, twice, rtol=1e-6)
    compiled = run_plainly(import_torch(model.network, model.inputs), doubled)
    np.testing.assert_allclose(compiled[0], twice, rtol=1e-5, atol=1e-6)


def test_which_names_are_files_of_pytorch() -> None:
    assert all(map(is_torch_file, ("a.pt2", "a.py", "a.py:build", "/b:c/a.py:build")))
    assert not any(map(is_torch_file, ("a.mlir", "zoo:a", "a.onnx", "a.mlir:build", "a.py:")))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("net.py", "name the function that builds the network, as in .*net.py:build"),
        ("net.py:buidl", "no function 'buidl' .did you mean 'build'"),
        ("net.py:number", r"number\(\) must return an nn.Module and its example inputs, .* int"),
        ("net.py:broken", "net.py: ValueError: no$"),
        ("none.py:build", "none.py: no such file"),
        ("none.pt2", "none.pt2: no such file"),
        ("text.pt2", "text.pt2: not what torch.export.save writes"),
        ("cut.pt2", "cut.pt2: not what torch.export.save writes"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(code: Path, name: str, message: str) -> None:
    import zipfile

    (code.parent / "text.pt2").write_text("hello")
    with zipfile.ZipFile(code.parent / "cut.pt2", "w") as archive:
        archive.writestr("cut/version", "0")
    with pytest.raises(OptimusError, match=message):
        load_torch_file(str(code.parent / name))
