"""Normalising changes the form of a program, not what it computes."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.errors import PassFailure
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.runtime.plain import run_plainly


def parse(text: str) -> ir.Module:
    with new_context():
        return ir.Module.parse(text)


def normalised(module: ir.Module) -> ir.Module:
    copy = ir.Module.create(ir.Location.unknown(module.context))
    for op in module.body.operations:
        op.operation.clone(ir.InsertionPoint(copy.body))
    run_passes(copy, [NormalizePass()])
    return copy


def text_of(module: ir.Module) -> str:
    return module.operation.get_asm(large_resource_limit=16)


def op_counts(module: ir.Module) -> Counter[str]:
    counts: Counter[str] = Counter()

    def count(op: ir.Operation) -> ir.WalkResult:
        counts[op.name] += 1
        return ir.WalkResult.ADVANCE

    module.operation.walk(count)
    return counts


def seeded(network: nn.Module) -> nn.Module:
    """The network with batch norms that do something."""
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias)
            nn.init.normal_(layer.running_mean)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
    return network.eval()


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.second(self.first(x)) + x)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(8, 8) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (f(x).reshape(5, 2, 4).transpose(0, 1) for f in (self.q, self.k, self.v))
        mask = torch.ones(5, 5, dtype=torch.bool).tril()
        scores = (q @ k.transpose(1, 2) * 0.5).masked_fill(~mask, -torch.inf)
        return x + self.out((scores.softmax(-1) @ v).transpose(0, 1).reshape(5, 8))


class Pyramid(nn.Module):
    """A coarse map added to a fine one, as feature pyramids do."""

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fine(x) + nn.functional.interpolate(self.coarse(x), scale_factor=2)


class HalfOfIt(nn.Module):
    """One half of the channels goes through a convolution, the other beside it, as in CSP blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.beside = nn.Conv2d(3, 4, 1), nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.first(x)
        return torch.cat([self.beside(y[:, :2]), y[:, 2:]], 1).relu()


class EverySecond(nn.Module):
    """Four pixels become one with four times the channels, as before a stem."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(12, 2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        corners = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.stem(torch.cat(corners, 1))


def deconv(kernel: int, stride: int, padding: int, more: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(3, 4, kernel, stride, padding, output_padding=more)


def resized(factor: Any, mode: str, **kwargs: Any) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=factor, mode=mode, **kwargs), nn.Conv2d(3, 2, 1))


def conv(*args: Any, batch_norm: bool = True, **kwargs: Any) -> nn.Sequential:
    layers = [nn.Conv2d(*args, **kwargs)]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(args[1])] if batch_norm else []))


NETWORKS: dict[str, tuple[Any, tuple[int, ...], int]] = {
    # how to build it, the shape of its input, and its operators
    "conv": (lambda: nn.Sequential(conv(3, 4, 3), nn.ReLU()), (1, 3, 6, 6), 1),
    "no bias": (lambda: nn.Sequential(conv(3, 4, 3, bias=False), nn.SiLU()), (1, 3, 6, 6), 1),
    "no norm": (lambda: conv(3, 4, 3, batch_norm=False), (2, 3, 6, 6), 1),
    "depthwise": (lambda: nn.Sequential(conv(4, 4, 3, groups=4), nn.ReLU6()), (1, 4, 6, 6), 1),
    "grouped": (lambda: nn.Sequential(conv(4, 8, 3, groups=2), nn.ReLU()), (1, 4, 6, 6), 1),
    "multiplier": (lambda: conv(4, 8, 3, groups=4), (1, 4, 6, 6), 1),
    "transposed": (
        lambda: nn.Sequential(nn.ConvTranspose2d(3, 4, 2, stride=2), nn.BatchNorm2d(4)),
        (1, 3, 4, 4),
        1,
    ),
    "transposed, 3 by stride 2": (lambda: deconv(3, 2, 1, 1), (1, 3, 4, 4), 1),
    "transposed, 5 by stride 3": (lambda: deconv(5, 3, 1, 0), (1, 3, 4, 4), 1),
    "transposed, 4 by stride 3": (lambda: deconv(4, 3, 1, 1), (1, 3, 4, 4), 1),
    "upsampled": (lambda: nn.Sequential(nn.Upsample(scale_factor=3)), (1, 3, 4, 5), 1),
    "half beside a convolution": (HalfOfIt, (1, 3, 5, 5), 4),
    "every second pixel": (EverySecond, (1, 3, 6, 6), 5),
    "group norm": (lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.Conv2d(4, 3, 1)), (1, 4, 4, 5), 9),
    "average without padding": (
        lambda: nn.Sequential(nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Conv2d(3, 2, 1)),
        (1, 3, 7, 6),
        2,
    ),
    "channels shuffled": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 6, 1), nn.ChannelShuffle(2), conv(6, 6, 3, groups=6, batch_norm=False)
        ),
        (1, 3, 5, 5),
        2,
    ),
    "bilinear": (lambda: resized(2.0, "bilinear"), (2, 3, 4, 5), 3),
    "bilinear, corners on corners": (
        lambda: resized((3.0, 1.5), "bilinear", align_corners=True),
        (1, 3, 4, 6),
        3,
    ),
    "bicubic": (lambda: resized(2.0, "bicubic"), (1, 3, 5, 6), 3),
    "smaller": (lambda: resized(0.5, "bilinear"), (1, 3, 8, 6), 3),
    "trilinear": (
        lambda: nn.Upsample(scale_factor=2.0, mode="trilinear"),
        (1, 2, 3, 4, 2),
        3,
    ),
    "upsampled, then added": (Pyramid, (1, 3, 4, 4), 3),
    "conv 1d": (
        lambda: nn.Sequential(nn.Conv1d(3, 4, 3), nn.BatchNorm1d(4), nn.Hardswish()),
        (1, 3, 8),
        1,
    ),
    "linear": (lambda: nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.GELU()), (3, 8), 1),
    "linear 3d": (
        lambda: nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2)),
        (2, 3, 8),
        2,
    ),
    "pools": (
        lambda: nn.Sequential(
            nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ),
        (1, 3, 12, 12),
        3,  # two divisions, one global sum
    ),
    "residual": (Residual, (1, 4, 6, 6), 2),
    "attention": (Attention, (5, 8), 10),
    "layer norm": (lambda: nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 4)), (3, 8), 5),
}


@pytest.fixture(params=NETWORKS, scope="module")
def network(request: pytest.FixtureRequest) -> tuple[str, ir.Module, np.ndarray, np.ndarray]:
    build, shape, _ = NETWORKS[request.param]
    torch.manual_seed(0)
    network, x = seeded(build()), torch.randn(shape)
    with torch.no_grad():
        return request.param, import_torch(network, (x,)), x.numpy(), network(x).numpy()


def test_the_meaning_stays(network: tuple[str, ir.Module, np.ndarray, np.ndarray]) -> None:
    _, module, x, expected = network
    (before,) = run_plainly(module, [x])
    (after,) = run_plainly(normalised(module), [x])
    np.testing.assert_allclose(before, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-5)


def test_few_operators_remain(network: tuple[str, ir.Module, np.ndarray, np.ndarray]) -> None:
    name, module, _, _ = network
    after = normalised(module)
    with after.context, ir.Location.unknown():
        dataflow = read_dataflow(find_main(after).operation)
    assert not dataflow.hosts
    assert len(dataflow.graph.operators) == NETWORKS[name][2]


def test_normal_forms_stay(network: tuple[str, ir.Module, np.ndarray, np.ndarray]) -> None:
    once = normalised(network[1])
    assert text_of(normalised(once)) == text_of(once)


def test_the_same_program_gives_the_same_bytes() -> None:
    def once() -> str:
        torch.manual_seed(0)
        return str(normalised(import_torch(seeded(Residual()), (torch.zeros(1, 4, 6, 6),))))

    assert once() == once()


def test_weights_stay_resources_with_their_names() -> None:
    torch.manual_seed(0)
    text = text_of(normalised(import_torch(seeded(Residual()), (torch.zeros(1, 4, 6, 6),))))
    assert "dense_resource<first.0.weight_1> : tensor<4x4x3x3xf32>" in text
    assert "dense_resource<second.0.weight_1> : tensor<4x4x3x3xf32>" in text


def test_resnet18() -> None:
    network, inputs = zoo_model("resnet18")
    module = import_torch(network, inputs)
    run_passes(module, [NormalizePass()])
    after = op_counts(module)
    assert after["linalg.conv_2d_nchw_fchw"] == 20
    assert (
        after["linalg.generic"] == 17 + 4
    )  # ReLUs; mean, its division, the last layer and its bias
    assert after["arith.constant"] == 20 + 20 + 2 + 3  # weights, biases; the last layer; scalars
    with torch.no_grad():
        expected = network(*inputs).numpy()
    (result,) = run_plainly(module, [x.numpy() for x in inputs])
    np.testing.assert_allclose(result, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def matmul_then(*body: str, start: str = "0.0") -> ir.Module:
    """A matmul with constant weights, then an elementwise op %x -> %y."""
    computation = "\n".join(body)
    return parse(f"""
      #id = affine_map<(m, n) -> (m, n)>
      func.func @main(%a: tensor<1x1xf32>) -> tensor<1x5xf32> {{
        %start = arith.constant {start} : f32
        %prime = arith.constant 41.0 : f32
        %large = arith.constant 3.0e38 : f32
        %w = arith.constant dense<[[0.1, 0.2, 0.3, 5.0, 7.0]]> : tensor<1x5xf32>
        %empty = tensor.empty() : tensor<1x5xf32>
        %fill = linalg.fill ins(%start : f32) outs(%empty : tensor<1x5xf32>) -> tensor<1x5xf32>
        %product = linalg.matmul ins(%a, %w : tensor<1x1xf32>, tensor<1x5xf32>)
                                 outs(%fill : tensor<1x5xf32>) -> tensor<1x5xf32>
        %result = linalg.generic
            {{indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}}
            ins(%product : tensor<1x5xf32>) outs(%empty : tensor<1x5xf32>) {{
        ^bb0(%x: f32, %out: f32):
          {computation}
          linalg.yield %y : f32
        }} -> tensor<1x5xf32>
        return %result : tensor<1x5xf32>
      }}""")


def test_weights_are_rounded_once() -> None:
    """1 / 41 * 41 is 1 in float64, but not in float32."""
    after = normalised(
        matmul_then("%part = arith.divf %x, %prime : f32", "%y = arith.mulf %part, %prime : f32")
    )
    assert not op_counts(after)["linalg.generic"]
    (result,) = run_plainly(after, [np.ones((1, 1), np.float32)])
    assert np.array_equal(result, np.array([[0.1, 0.2, 0.3, 5.0, 7.0]], np.float32))


@pytest.mark.parametrize(
    "body",
    [
        "arith.divf %prime, %x : f32",
        "arith.mulf %x, %x : f32",
        "arith.maximumf %x, %prime : f32",
        "math.exp %x : f32",
        "arith.mulf %x, %large : f32",  # affine, but the weights would overflow
    ],
)
def test_what_weights_cannot_express_stays(body: str) -> None:
    assert op_counts(normalised(matmul_then(f"%y = {body}")))["linalg.generic"] == 1


def test_a_start_that_is_not_zero_is_not_scaled() -> None:
    double = "%y = arith.addf %x, %x : f32"
    assert not op_counts(normalised(matmul_then(double)))["linalg.generic"]
    assert op_counts(normalised(matmul_then(double, start="1.0")))["linalg.generic"] == 1


def test_scales_along_two_dimensions_of_the_weights() -> None:
    module = parse("""
      #x = affine_map<(g, n, k) -> (g, k)>
      #w = affine_map<(g, n, k) -> (n, k, g)>
      #y = affine_map<(g, n, k) -> (g, n)>
      #id = affine_map<(g, n) -> (g, n)>
      func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
        %zero = arith.constant 0.0 : f32
        %w = arith.constant dense<0.5> : tensor<3x4x2xf32>
        %scale = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
        %empty = tensor.empty() : tensor<2x3xf32>
        %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3xf32>) -> tensor<2x3xf32>
        %y = linalg.generic
            {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
            ins(%x, %w : tensor<2x4xf32>, tensor<3x4x2xf32>) outs(%zeros : tensor<2x3xf32>) {
        ^bb0(%a: f32, %b: f32, %out: f32):
          %0 = arith.mulf %a, %b : f32
          %1 = arith.addf %out, %0 : f32
          linalg.yield %1 : f32
        } -> tensor<2x3xf32>
        %result = linalg.generic
            {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
            ins(%y, %scale : tensor<2x3xf32>, tensor<2x3xf32>) outs(%empty : tensor<2x3xf32>) {
        ^bb0(%a: f32, %b: f32, %out: f32):
          %0 = arith.mulf %a, %b : f32
          linalg.yield %0 : f32
        } -> tensor<2x3xf32>
        return %result : tensor<2x3xf32>
      }""")
    after = normalised(module)
    assert op_counts(after)["linalg.generic"] == 1
    (result,) = run_plainly(after, [np.ones((2, 4), np.float32)])
    assert np.array_equal(result, [[2, 4, 6], [8, 10, 12]])


def test_elided_weights_are_an_error() -> None:
    module = parse("""
      func.func @main() -> tensor<5x8xf32> {
        %w = arith.constant dense_resource<__elided__> : tensor<8x5xf32>
        %empty = tensor.empty() : tensor<5x8xf32>
        %t = linalg.transpose ins(%w : tensor<8x5xf32>) outs(%empty : tensor<5x8xf32>)
             permutation = [1, 0]
        return %t : tensor<5x8xf32>
      }""")
    with pytest.raises(PassFailure, match="save the module with its weights"):
        normalised(module)


def test_a_large_weight_is_not_copied_to_be_transposed() -> None:
    network = nn.Linear(600, 600).eval()  # 1.4 MB
    x = torch.randn(2, 600)
    module = normalised(import_torch(network, (x,)))
    text = text_of(module)
    assert "dense_resource<weight> : tensor<600x600xf32>" in text
    assert "linalg.transpose" not in text
    (result,) = run_plainly(module, [x.numpy()])
    np.testing.assert_allclose(result, network(x).detach().numpy(), rtol=1e-4, atol=1e-5)
