"""GoogLeNet: Szegedy et al., "Going deeper with convolutions", CVPR 2015."""

from typing import Any

Widths = tuple[int, int, int, int, int, int]
"""Channels of an inception module: 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; pooled."""

STAGES: tuple[tuple[Widths, ...], ...] = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)


def googlenet() -> Any:
    """1x3x224x224 -> 1x1000, without local response normalisation and auxiliary classifiers."""
    from torch import nn

    layers = [
        *(_conv(3, 64, 7, stride=2), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(_conv(64, 64, 1), _conv(64, 192, 3), nn.MaxPool2d(3, 2, ceil_mode=True)),
    ]
    channels = 192
    for number, stage in enumerate(STAGES):
        if number:
            layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        for widths in stage:
            layers.append(_inception(channels, widths))
            channels = widths[0] + widths[2] + widths[4] + widths[5]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


def _conv(before: int, after: int, kernel: int, stride: int = 1) -> Any:
    from torch import nn

    return nn.Sequential(nn.Conv2d(before, after, kernel, stride, kernel // 2), nn.ReLU())


def _inception(channels: int, widths: Widths) -> Any:
    import torch
    from torch import nn

    ones, reduced3, threes, reduced5, fives, pooled = widths

    class Inception(nn.Module):
        """Four branches whose results are concatenated."""

        def __init__(self) -> None:
            super().__init__()
            self.branch1 = _conv(channels, ones, 1)
            self.branch2 = nn.Sequential(_conv(channels, reduced3, 1), _conv(reduced3, threes, 3))
            self.branch3 = nn.Sequential(_conv(channels, reduced5, 1), _conv(reduced5, fives, 5))
            self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), _conv(channels, pooled, 1))

        def forward(self, x: Any) -> Any:
            branches = (self.branch1, self.branch2, self.branch3, self.branch4)
            return torch.cat([branch(x) for branch in branches], 1)

    return Inception()
