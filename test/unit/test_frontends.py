"""Models from PyTorch, the zoo and files; and the inputs to run them on."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from torch import nn

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.files import load_module
from optimus_mlir.frontends.inputs import load_inputs, random_inputs
from optimus_mlir.frontends.reference import run_torch
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model, zoo_names
from optimus_mlir.mlir import ir, new_context
from optimus_mlir.mlir.constants import read_constants
from optimus_mlir.runtime.plain import run_plainly

IMAGE = (torch.zeros(1, 3, 8, 8),)


class TinyNet(nn.Module):
    """A convolution, a tensor that is no parameter, and a buffer that is not saved."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.shift = torch.arange(36.0).reshape(6, 6)
        self.register_buffer("mask", torch.arange(36).reshape(6, 6) % 3 == 0, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(self.mask, self.conv(x), self.shift)


def constants(module: ir.Module) -> dict[str, np.ndarray[Any, Any]]:
    """Constant tensors by the text of their attribute."""
    ops: list[Any] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        if op.name == "arith.constant" and "tensor" in str(op.results[0].type):
            ops.append(op.opview)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect)
    return {
        str(op.attributes["value"]): values
        for op, values in zip(ops, read_constants(ops), strict=True)
    }


# PyTorch


def test_a_small_network():
    net = TinyNet().eval()
    module = import_torch(net, IMAGE)
    text = str(module)
    assert "func.func @main(%arg0: tensor<1x3x8x8xf32>) -> tensor<1x8x6x6xf32>" in text
    assert "linalg.conv_2d_nchw_fchw" in text
    assert "torch." not in text
    weights = constants(module)["dense_resource<conv.weight> : tensor<8x3x3x3xf32>"]
    assert np.array_equal(weights, net.conv.weight.detach().numpy())


def test_buffers_and_plain_tensors_arrive():
    values = constants(import_torch(TinyNet().eval(), IMAGE)).values()
    assert any(np.array_equal(v, np.arange(36.0).reshape(6, 6)) for v in values)
    assert any(np.array_equal(v != 0, np.arange(36).reshape(6, 6) % 3 == 0) for v in values)


def test_training_on_does_not_touch_what_was_imported():
    net = TinyNet().eval()
    before = net.conv.weight.detach().numpy().copy()
    module = import_torch(net, IMAGE)
    nn.init.zeros_(net.conv.weight)
    assert any(np.array_equal(values, before) for values in constants(module).values())


def test_integer_weights():
    class Table(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for dtype in (torch.int8, torch.int32, torch.int64):
                self.register_buffer(str(dtype)[6:], torch.arange(40, dtype=dtype))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.int8 + self.int32 + self.int64

    found = constants(import_torch(Table().eval(), (torch.zeros(40),)))
    types = {f"dense_resource<{t}> : tensor<40xi{t[3:]}>" for t in ("int8", "int32", "int64")}
    assert types <= set(found)


def test_an_exported_program_in_a_context_of_ones_own():
    context = new_context()
    program = torch.export.export(TinyNet().eval(), IMAGE)
    first, second = import_torch(program, context=context), import_torch(program, context=context)
    assert first.context == second.context == context
    assert first.operation.verify()


def test_models_that_cannot_be_imported():
    class DataDependent(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    with pytest.raises(OptimusError, match=r"TinyNet is in training mode: call its eval\(\) first"):
        import_torch(TinyNet(), IMAGE)
    with pytest.raises(OptimusError, match="cannot import DataDependent from PyTorch") as error:
        import_torch(DataDependent().eval(), IMAGE)
    assert len(str(error.value).splitlines()) < 5
    with pytest.raises(OptimusError, match=r"cannot import TinyNet from PyTorch: .*argument"):
        import_torch(TinyNet().eval(), ())


def test_models_with_state():
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return x + self.calls

    with pytest.raises(
        OptimusError, match=r"cannot import Counter .* it writes its buffer 'calls'"
    ):
        import_torch(Counter().eval(), (torch.zeros(3),))


def test_models_of_bfloat16():
    network = nn.Conv2d(3, 8, 3).bfloat16().eval()
    x = torch.randn(1, 3, 8, 8).bfloat16()
    array = x.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    (result,) = run_plainly(import_torch(network, (x,)), [array])
    (expected,) = run_torch(network, [array])
    assert expected.dtype == result.dtype == ml_dtypes.bfloat16
    np.testing.assert_allclose(result.astype(float), expected.astype(float), rtol=0.05, atol=0.05)


def test_operators_without_lowering():
    class Singular(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.linalg.svd(x)[1]

    with pytest.raises(
        OptimusError, match=r"test_frontends\.py:\d+:\d+: error: failed to legalize"
    ):
        import_torch(Singular().eval(), (torch.zeros(3, 3),))


# Zoo

DIGEST_OF_WEIGHTS = """
import hashlib, torch
from optimus_mlir.frontends.zoo import zoo_model
torch.manual_seed({seed}); torch.set_num_threads({threads})
network, inputs = zoo_model("resnet18")
tensors = [*network.state_dict().values(), *inputs]
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in tensors)).hexdigest())
"""


def test_resnet18_answers_with_more_than_its_bias():
    network, inputs = zoo_model("resnet18")
    with torch.no_grad():
        first, second = network(*inputs), network(torch.randn(1, 3, 224, 224))
    assert first.shape == (1, 1000)
    assert torch.isfinite(first).all()
    assert 0.2 < first.std() < 5
    assert (first - second).std() > 0.05
    assert not network.training


def test_zoo_is_the_same_in_every_process_and_on_any_number_of_threads():
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", DIGEST_OF_WEIGHTS.format(seed=n, threads=n)], text=True
        )
        for n in (1, 2)
    }
    assert len(digests) == 1


def test_zoo_leaves_the_global_generator_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    zoo_model("resnet18")
    assert torch.rand(1) == expected


def test_resnet18_imports_the_same_twice():
    network, inputs = zoo_model("resnet18")
    digests = {
        hashlib.sha256(str(import_torch(network, inputs)).encode()).hexdigest() for _ in "ab"
    }
    assert len(digests) == 1


def test_unknown_networks():
    assert "resnet18" in zoo_names()
    with pytest.raises(OptimusError, match=r"unknown network 'resnet'.*: choose .*resnet18"):
        zoo_model("resnet")


# Files


def test_text_and_bytecode_by_content(tmp_path: Path):
    text, bytecode = tmp_path / "a.mlirbc", tmp_path / "b.mlir"
    text.write_text("func.func private @f(tensor<2xf32>)\n")
    module = load_module(text, new_context())
    with bytecode.open("wb") as file:
        module.operation.write_bytecode(file)
    assert bytecode.read_bytes()[:4] == b"ML\xefR"
    assert str(load_module(bytecode, new_context())) == str(module)


def test_files_that_cannot_be_loaded(tmp_path: Path):
    wrong = tmp_path / "wrong.mlir"
    wrong.write_text("func.func @f() -> i32 {\n  return\n}\n")
    with pytest.raises(
        OptimusError, match=r"wrong\.mlir:2:3: error: 'func.return' op has 0 operan"
    ):
        load_module(wrong, new_context())
    with pytest.raises(OptimusError, match=r"none\.mlir: no such file"):
        load_module(tmp_path / "none.mlir", new_context())
    with pytest.raises(OptimusError, match="is a directory"):
        load_module(tmp_path, new_context())


# Inputs


MODULES: list[ir.Module] = []  # a function does not keep its module alive


def function(signature: str) -> ir.OpView:
    with new_context():
        MODULES.append(ir.Module.parse(f"func.func private @f({signature})"))
    return MODULES[-1].body.operations[0]


def test_random_inputs():
    f = function("tensor<2x3xf32>, tensor<100xi8>, tensor<100xi64>, tensor<f16>, tensor<9xi1>")
    inputs = random_inputs(f)
    shapes = [(2, 3), (100,), (100,), (), (9,)]
    assert [array.shape for array in inputs] == shapes
    assert [a.dtype.name for a in inputs] == ["float32", "int8", "int64", "float16", "bool"]
    assert inputs[1].min() < 0 <= inputs[2].min()
    again, other = random_inputs(f), random_inputs(f, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(inputs, again, strict=True))
    assert not np.array_equal(inputs[0], other[0])


def test_inputs_from_files(tmp_path: Path):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((2, 3), "float32"))
    f = function("tensor<2x3xf32>")
    assert np.array_equal(load_inputs([path], f)[0], np.ones((2, 3)))
    with pytest.raises(OptimusError, match="@f takes 1 inputs, got 2 files"):
        load_inputs([path, path], f)
    with pytest.raises(OptimusError, match=r"must hold int8 of shape \[4\], got float32 of shape"):
        load_inputs([path], function("tensor<4xi8>"))
    with pytest.raises(OptimusError, match=r"none\.npy: No such file"):
        load_inputs([tmp_path / "none.npy"], f)
    path.write_text("hello")
    with pytest.raises(OptimusError, match="file of numbers"):
        load_inputs([path], f)


@pytest.mark.parametrize("argument", ["tensor<?x3xf32>", "tensor<*xf32>", "f32", "memref<2xf32>"])
def test_inputs_need_static_tensors(argument: str):
    with pytest.raises(
        OptimusError, match="argument 0 of @f: must be a tensor of static shape, is"
    ):
        random_inputs(function(argument))
