"""Views cost nothing: concatenations, slices, reshapes and transpositions are no operators."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from optimus_mlir.accel.counters import launches
from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.mlir import ir, run_passes
from optimus_mlir.passes.fuse import FusePass
from optimus_mlir.passes.group import GroupPass
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.plain import run_plainly

Forward = Callable[..., torch.Tensor]


class Network(nn.Module):
    """A function of tensors, and the layers that it uses."""

    def __init__(self, forward: Forward, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.function = forward

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.function(*inputs, *self.layers)


@dataclass(frozen=True)
class Case:
    """A network, the shape of its input, and its operators."""

    network: Callable[[], Network]
    shape: tuple[int, ...]
    operators: int


def conv(before: int, after: int, kernel: int, **options: object) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, padding=kernel // 2, **options)  # type: ignore[arg-type]


CASES = {
    "concat then conv": Case(
        lambda: Network(
            lambda x, a, b, c: c(torch.cat([a(x).relu(), b(x)], 1)),
            *(conv(4, 4, 1), conv(4, 6, 3), conv(10, 3, 3)),
        ),
        (1, 4, 8, 9),
        3,
    ),
    "concat of rows": Case(
        lambda: Network(
            lambda x, a, b: b(torch.cat([a(x), x], 2)), *(conv(3, 3, 3), conv(3, 2, 3))
        ),
        (1, 3, 5, 6),
        2,
    ),
    "dense block": Case(
        lambda: Network(
            lambda x, a, b: torch.cat([y := torch.cat([x, a(x.relu())], 1), b(y.relu())], 1).exp(),
            *(conv(3, 2, 3), conv(5, 2, 3)),
        ),
        (1, 3, 6, 6),
        5,  # convolutions, two ReLUs that they cannot take, and the exponential
    ),
    "max pooling of a concat": Case(
        lambda: Network(
            lambda x, a, b: nn.functional.max_pool2d(torch.cat([a(x), b(x)], 1), 3, 2, 1),
            *(conv(2, 3, 1), conv(2, 2, 1)),
        ),
        (1, 2, 9, 7),
        3,
    ),
    "one part twice": Case(
        lambda: Network(
            lambda x, a, b: b(torch.cat([y := a(x), y], 1)), *(conv(2, 3, 1), conv(6, 2, 3))
        ),
        (1, 2, 6, 6),
        2,
    ),
    "halves": Case(
        lambda: Network(
            lambda x, a, b: torch.cat([a(x[:, :2]), b(x[:, 2:])], 1).exp(),
            *(conv(2, 3, 3), conv(4, 3, 3)),
        ),
        (1, 6, 6, 6),
        3,
    ),
    "roll": Case(
        lambda: Network(
            lambda x, a, b: b(torch.roll(a(x), (2, -1), (2, 3))), *(conv(2, 3, 3), conv(3, 2, 1))
        ),
        (1, 2, 7, 6),
        2,
    ),
    "rotary embedding": Case(
        lambda: Network(
            lambda x, a, b: b((h := a(x)) * 0.6 + torch.cat([-h[:, 3:], h[:, :3]], 1) * 0.8),
            *(nn.Linear(5, 6), nn.Linear(6, 4)),
        ),
        (7, 5),
        4,  # the negated half is one
    ),
    "crop": Case(
        lambda: Network(lambda x, a, b: b(a(x)[:, :, 1:-2, 2:]), conv(2, 3, 3), conv(3, 2, 1)),
        (1, 2, 8, 8),
        2,
    ),
    "strided slice": Case(
        lambda: Network(lambda x, a, b: b(a(x)[:, :, 1::2, ::3]), conv(2, 3, 3), conv(3, 2, 1)),
        (1, 2, 9, 9),
        2,
    ),
    "flatten": Case(
        lambda: Network(
            lambda x, a, b: b(nn.functional.max_pool2d(a(x), 2).flatten(1)),
            *(conv(2, 3, 3), nn.Linear(3 * 4 * 4, 5)),
        ),
        (1, 2, 8, 8),
        3,
    ),
    "heads": Case(
        lambda: Network(
            lambda x, a, b: b(
                (h := a(x).reshape(6, 2, 4).transpose(0, 1)).matmul(h.transpose(1, 2)).flatten(1)
            ),
            *(nn.Linear(8, 8), nn.Linear(36, 3)),
        ),
        (6, 8),
        3,
    ),
    "channel shuffle": Case(
        lambda: Network(
            lambda x, a, b: b(a(x).reshape(1, 2, 3, 5, 5).transpose(1, 2).reshape(1, 6, 5, 5)),
            *(conv(4, 6, 1, groups=2), conv(6, 4, 3)),
        ),
        (1, 4, 5, 5),
        2,
    ),
    "up-convolution": Case(
        lambda: Network(lambda x, a: a(x), nn.ConvTranspose2d(3, 2, 2, stride=2)), (1, 3, 4, 5), 1
    ),
    "upsampled": Case(
        lambda: Network(
            lambda x, a, b: b(nn.functional.interpolate(a(x), scale_factor=(3, 2))),
            *(conv(2, 3, 3), conv(3, 2, 3, stride=2)),
        ),
        (1, 2, 4, 5),
        3,  # the copies are an operator
    ),
    "part of what was upsampled": Case(
        lambda: Network(
            lambda x, a, b: b(nn.functional.interpolate(a(x), scale_factor=2)[:, :, 1:, 3:-2]),
            *(conv(2, 3, 3), nn.Conv2d(3, 2, 3)),
        ),
        (1, 2, 4, 5),
        3,
    ),
    "a row of what was upsampled": Case(
        lambda: Network(
            lambda x, a, b: b(nn.functional.interpolate(a(x), scale_factor=2)[:, :, 3]),
            *(conv(2, 3, 3), nn.Conv1d(3, 2, 3, padding=1)),
        ),
        (1, 2, 4, 5),
        3,
    ),
    "skip connection": Case(
        lambda: Network(
            lambda x, a, b: b(torch.cat([a(nn.functional.max_pool2d(x, 2)), x], 1)),
            *(nn.ConvTranspose2d(3, 4, 2, stride=2), conv(7, 2, 3)),
        ),
        (1, 3, 6, 8),
        3,
    ),
    "feature pyramid": Case(
        lambda: Network(
            lambda x, a, b, c: c(a(x) + nn.functional.interpolate(b(x), scale_factor=2)),
            *(conv(2, 3, 1), conv(2, 3, 3, stride=2), conv(3, 2, 3)),
        ),
        (1, 2, 8, 8),
        4,
    ),
    "pixel shuffle": Case(
        lambda: Network(
            lambda x, a, b: b(nn.functional.pixel_shuffle(a(x), 2)),
            *(conv(2, 12, 3), conv(3, 2, 3)),
        ),
        (1, 2, 4, 5),
        3,
    ),
    "grouped, dilated, strided": Case(
        lambda: Network(
            lambda x, a: a(x).relu(),
            nn.Conv2d(4, 6, 3, stride=2, padding=(2, 1), dilation=2, groups=2),
        ),
        (1, 4, 11, 9),
        1,
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Case, ir.Module, list[np.ndarray], np.ndarray]:
    case = CASES[request.param]
    torch.manual_seed(0)
    network, x = case.network().eval(), torch.randn(case.shape)
    with torch.no_grad():
        return case, import_torch(network, (x,)), [x.numpy()], network(x).numpy()


def dataflow_of(module: ir.Module) -> Dataflow:
    with module.context, ir.Location.unknown():
        return read_dataflow(find_main(module).operation)


def test_views_are_no_operators(
    case: tuple[Case, ir.Module, list[np.ndarray], np.ndarray],
) -> None:
    expected, module, inputs, result = case
    run_passes(module, [NormalizePass()])
    dataflow = dataflow_of(module)
    assert [op.name for op in dataflow.hosts] == []
    assert len(dataflow.graph.operators) == expected.operators
    np.testing.assert_allclose(run_plainly(module, inputs)[0], result, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scratchpad", [100_000, 800])
def test_views_cost_what_the_model_says(
    case: tuple[Case, ir.Module, list[np.ndarray], np.ndarray], scratchpad: int
) -> None:
    _, module, inputs, result = case
    run_passes(module, [FusePass(set=f"scratchpad_bytes={scratchpad},element_bits=8")])
    execution = emulate(module, inputs)
    np.testing.assert_allclose(execution.outputs[0], result, rtol=1e-4, atol=1e-5)
    for launch, count in zip(launches(module), execution.groups, strict=True):
        price = annotations.read_price(launch)
        assert list(count.dram_read_bytes) == price["dram_read_bytes"]
        assert list(count.dram_write_bytes) == price["dram_write_bytes"]
        assert count.scratchpad_bytes == price["footprint_bytes"] <= scratchpad


@pytest.mark.parametrize(
    "name",
    [
        "upsampled",
        "part of what was upsampled",
        "a row of what was upsampled",
        "skip connection",
        "pixel shuffle",
    ],
)
def test_what_is_enlarged_never_reaches_dram(name: str) -> None:
    case = CASES[name]
    module = import_torch(case.network().eval(), (torch.randn(case.shape),))
    run_passes(module, [NormalizePass(), GroupPass(set="scratchpad_bytes=100000")])
    assert "optimus.group = 0" in str(module)
    assert "optimus.group = 1" not in str(module)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (4, 2, 1), (3, 3, 0), (4, 4, 0), (4, 2, 0)]
)
def test_transposed_convolutions_skip_the_zeros(kernel: int, stride: int, padding: int) -> None:
    torch.manual_seed(0)
    network = nn.ConvTranspose2d(3, 2, kernel, stride, padding).eval()
    x = torch.randn(1, 3, 4, 5)
    module = import_torch(network, (x,))
    run_passes(module, [NormalizePass()])
    dataflow = dataflow_of(module)
    (result,) = run_plainly(module, [x.numpy()])
    np.testing.assert_allclose(result, network(x).detach().numpy(), rtol=1e-4, atol=1e-5)
    assert not dataflow.hosts
    (operator,) = dataflow.graph.operators
    assert operator.macs == 3 * (kernel // stride) ** 2 * result.size
