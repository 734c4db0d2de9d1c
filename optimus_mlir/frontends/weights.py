"""Weights for networks that were never trained: the same on every run, and worth computing with."""

from collections.abc import Callable
from typing import Any

Shape = tuple[int, ...]

WEIGHT_SEED = 1
CALIBRATION_SEED = 2


def normal_input(shape: Shape, seed: int) -> Any:
    """A float tensor of normal values; PyTorch's global generator is left alone."""
    import torch

    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def tokens(shape: Shape, vocabulary: int, seed: int) -> Any:
    """Numbers of words."""
    import torch

    return torch.randint(vocabulary, shape, generator=torch.Generator().manual_seed(seed))


def with_seeded_weights(build: Callable[[], Any], inputs: tuple[Any, ...]) -> Any:
    """The network, in evaluation mode, with random weights that keep activations near 1.

    Without weights and statistics that fit its data a deep network answers with its last bias, and
    a wrong compiler would go unnoticed.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(WEIGHT_SEED)
        network = build()
        _randomise_affine_parameters(network)
        if not _normalises(network):
            _scale_to_fan_in(network)
    _calibrate_batch_norms(network, inputs)
    return network.eval()


def _batch_norms(network: Any) -> list[Any]:
    import torch

    kinds = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def _normalises(network: Any) -> bool:
    import torch

    layer_norms = (layer for layer in network.modules() if isinstance(layer, torch.nn.LayerNorm))
    return bool(_batch_norms(network)) or any(True for _ in layer_norms)


def _scale_to_fan_in(network: Any) -> None:
    """He et al., "Delving deep into rectifiers", ICCV 2015: variance 2 / fan-in."""
    import torch

    for layer in network.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


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
    if not layers:
        return
    for layer in layers:
        layer.momentum = 1.0
    network.double().train()
    with torch.no_grad():
        network(*(tensor.double() for tensor in inputs))
    network.float()
