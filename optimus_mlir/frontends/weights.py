"""Weights for networks that were never trained: the same on every run, and worth computing with."""

from collections.abc import Callable, Sequence
from typing import Any

Shape = tuple[int, ...]

WEIGHT_SEED = 1
CALIBRATION_SEED = 2


def normal_inputs(shapes: Sequence[Shape], seed: int) -> tuple[Any, ...]:
    """Float tensors of normal values; PyTorch's global generator is left alone."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)


def with_seeded_weights(build: Callable[[], Any], input_shapes: Sequence[Shape]) -> Any:
    """The network, in evaluation mode, with random weights that keep activations near 1.

    Without statistics that fit its data a deep network answers with its last bias, and a wrong
    compiler would go unnoticed.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(WEIGHT_SEED)
        network = build()
        _randomise_affine_parameters(network)
    _calibrate_batch_norms(network, normal_inputs(input_shapes, CALIBRATION_SEED))
    return network.eval()


def _batch_norms(network: Any) -> list[Any]:
    import torch

    kinds = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def _randomise_affine_parameters(network: Any) -> None:
    import torch

    for layer in _batch_norms(network):
        torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
        torch.nn.init.normal_(layer.bias, 0.0, 0.2)


def _calibrate_batch_norms(network: Any, inputs: tuple[Any, ...]) -> None:
    """Set means and variances to those of one pass over `inputs`.

    In float64: then the order of additions, which depends on the number of threads, is rounded
    away when the statistics become float32.
    """
    import torch

    layers = _batch_norms(network)
    for layer in layers:
        layer.momentum = 1.0
    network.double().train()
    with torch.no_grad():
        if layers:
            network(*(tensor.double() for tensor in inputs))
    network.float()
