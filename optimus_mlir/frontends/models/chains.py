"""Chains of convolutions: the small networks on which fusion schemes are compared."""

from typing import Any


def chain3() -> Any:
    """1x16x64x64 -> 1x32x64x64."""
    return _chain3(padding=1)


def chain3_valid() -> Any:
    """1x16x70x70 -> 1x32x64x64: no padding."""
    return _chain3(padding=0)


def _chain3(padding: int) -> Any:
    from torch import nn

    layers = []
    for channels in (16, 32, 32):
        layers += [nn.Conv2d(channels, 32, 3, padding=padding), nn.ReLU()]
    return nn.Sequential(*layers)


def fsrcnn() -> Any:
    """1x1x554x974 -> 1x16x540x960: all of FSRCNN but its last, transposed convolution.

    Dong, Loy, Tang, "Accelerating the super-resolution CNN", ECCV 2016, with d = 56, s = 12, m = 4;
    no padding, and ReLU for PReLU, as in published comparisons of fusion schemes.
    """
    from torch import nn

    kernels = ((5, 56), (1, 12), *((3, 12),) * 4, (1, 56), (3, 16))
    layers: list[Any] = []
    channels = 1
    for kernel, width in kernels:
        layers += [nn.Conv2d(channels, width, kernel), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers[:-1])
