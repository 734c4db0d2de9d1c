"""Element types from import to execution, integers to the bit; and what has to stay on the host."""

import ml_dtypes
import numpy as np
import pytest
import torch
from torch import nn

from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.frontends.reference import run_torch
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.mlir import ir, run_passes
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.plain import run_plainly

SMALL = "scratchpad_bytes=3000,element_bits=8"


class Quantised(nn.Module):
    """An int8 convolution with accumulators and bias of 32 bits, rescaled by a shift."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.randint(-8, 8, (5, 3, 3, 3), dtype=torch.int8))
        self.register_buffer("bias", torch.randint(-99, 99, (5, 1, 1), dtype=torch.int32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide, weights = x.to(torch.int32), self.weights.to(torch.int32)
        y = nn.functional.conv2d(wide, weights, padding=1) + self.bias
        return torch.clamp(y >> 4, -128, 127).to(torch.int8)


class Masked(nn.Module):
    """A mask of single bits as a weight, as attention has one."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.ones(8, 8).triu() > 0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(self.mask, x, torch.zeros_like(x))


class Sorted(nn.Module):
    """Two layers, and between them what only the host can do."""

    def __init__(self, between: str) -> None:
        super().__init__()
        self.first, self.last, self.between = nn.Linear(8, 8), nn.Linear(8, 4), between

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.first(x)
        if self.between == "sort":
            return self.last(torch.sort(y)[0])
        if self.between == "repeat":
            return self.last(torch.cat((y[:, :3], y[:, :5]), 1))
        if self.between == "cumsum":
            return self.last(torch.cumsum(y.exp(), 1))
        return self.last(y[:, torch.tensor([1, 7, 0, 3, 3, 2, 5, 6])])


def run(module: ir.Module, inputs: list[np.ndarray]) -> np.ndarray:
    run_passes(module, [FusePass(set=SMALL)])
    return emulate(module, inputs).outputs[0]


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float16, 2e-2), (torch.bfloat16, 1e-1), (torch.float32, 1e-5), (torch.float64, 1e-12)],
    ids=str,
)
def test_floats(dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 5)).to(dtype).eval()
    x = torch.randn(1, 3, 8, 8).to(dtype)
    array = x.numpy() if dtype != torch.bfloat16 else bits(x)
    (expected,) = run_torch(network, [array])
    result = run(import_torch(network, (x,)), [array])
    assert result.dtype == expected.dtype
    error = np.abs(result.astype(float) - expected.astype(float)).max()
    assert error <= tolerance * np.abs(expected.astype(float)).max()


def bits(x: torch.Tensor) -> np.ndarray:
    return x.view(torch.int16).numpy().view(ml_dtypes.bfloat16)


def test_integers_to_the_bit() -> None:
    torch.manual_seed(0)
    network, x = Quantised().eval(), torch.randint(-128, 128, (1, 3, 8, 8), dtype=torch.int8)
    result = run(import_torch(network, (x,)), [x.numpy()])
    assert np.array_equal(result, network(x).numpy())


def test_masks_have_a_byte_for_each_element() -> None:
    network, x = Masked().eval(), torch.randn(8, 8)
    result = run(import_torch(network, (x,)), [x.numpy()])
    assert np.array_equal(result, network(x).numpy())


@pytest.mark.parametrize(
    ("between", "ops"),
    [("sort", 1), ("cumsum", 1), ("gather", 1), ("repeat", 0)],  # parts are copied by operators
)
def test_the_host_does_what_no_operator_can(between: str, ops: int) -> None:
    torch.manual_seed(0)
    network, x = Sorted(between).eval(), torch.randn(4, 8)
    expected = network(x).detach().numpy()
    module = import_torch(network, (x,))
    np.testing.assert_allclose(run_plainly(module, [x.numpy()])[0], expected, rtol=1e-4, atol=1e-5)
    result = run(import_torch(network, (x,)), [x.numpy()])
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
    run_passes(module, [NormalizePass()])
    with module.context, ir.Location.unknown():
        dataflow = read_dataflow(find_main(module).operation)
    assert len(dataflow.hosts) == ops
    assert len(dataflow.graph.operators) >= 2  # the layers stay operators
