"""DenseNet: Huang, Liu, van der Maaten, Weinberger, "Densely connected CNNs", CVPR 2017."""

from typing import Any

GROWTH = 32


def densenet121() -> Any:
    """1x3x224x224 -> 1x1000."""
    from torch import nn

    layers: list[Any] = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)]
    layers += [nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for number, repeats in enumerate((6, 12, 24, 16)):
        if number:
            layers += [_normed_first(channels, channels // 2, 1), nn.AvgPool2d(2)]
            channels //= 2
        layers += [_dense_layer(channels + GROWTH * n) for n in range(repeats)]
        channels += GROWTH * repeats
    layers += [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels, 1000))


def _normed_first(before: int, after: int, kernel: int) -> Any:
    from torch import nn

    convolution = nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.BatchNorm2d(before), nn.ReLU(), convolution)


def _dense_layer(channels: int) -> Any:
    import torch
    from torch import nn

    class DenseLayer(nn.Module):
        """What came in, and a few new channels made from it."""

        def __init__(self) -> None:
            super().__init__()
            self.squeeze = _normed_first(channels, 4 * GROWTH, 1)
            self.grow = _normed_first(4 * GROWTH, GROWTH, 3)

        def forward(self, x: Any) -> Any:
            return torch.cat([x, self.grow(self.squeeze(x))], 1)

    return DenseLayer()
