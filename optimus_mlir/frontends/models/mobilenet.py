"""MobileNet: Howard et al. 2017 (V1); Sandler et al., "Inverted residuals", CVPR 2018 (V2)."""

from typing import Any


def mobilenet_v1() -> Any:
    """1x3x224x224 -> 1x1000, width 1.0; strided convolutions pad after the image only, as in Keras."""
    from torch import nn

    layers = [_convolution(3, 32, 3, 2)]
    channels = 32
    for after, stride in (
        *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
        *((512, 1),) * 5,
        *((1024, 2), (1024, 1)),
    ):
        layers += [_convolution(channels, channels, 3, stride, groups=channels)]
        layers += [_convolution(channels, after, 1)]
        channels = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def _convolution(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> Any:
    from torch import nn

    pad = [nn.ZeroPad2d((0, 1, 0, 1))] if stride > 1 else []
    padding = kernel // 2 if stride == 1 else 0
    convolution = nn.Conv2d(before, after, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(*pad, convolution, nn.BatchNorm2d(after), nn.ReLU6())


def mobilenet_v2() -> Any:
    """1x3x224x224 -> 1x1000, width 1.0, as in torchvision."""
    from torch import nn

    layers = [_normed(3, 32, 3, 2)]
    channels = 32
    for expansion, after, repeats, first_stride in (
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ):
        for number in range(repeats):
            stride = 1 if number else first_stride
            layers.append(_inverted_residual(channels, expansion, after, stride))
            channels = after
    layers += [_normed(channels, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(1280, 1000))


def _normed(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> Any:
    from torch import nn

    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU6())


def _inverted_residual(before: int, expansion: int, after: int, stride: int) -> Any:
    from torch import nn

    inside = expansion * before

    class InvertedResidual(nn.Module):
        """Expand, depthwise, project without activation; a shortcut where shapes agree."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential()
            if expansion > 1:
                self.layers.append(_normed(before, inside, 1))
            self.layers.append(_normed(inside, inside, 3, stride, groups=inside))
            self.layers.append(nn.Conv2d(inside, after, 1, bias=False))
            self.layers.append(nn.BatchNorm2d(after))

        def forward(self, x: Any) -> Any:
            y = self.layers(x)
            return x + y if stride == 1 and before == after else y

    return InvertedResidual()
