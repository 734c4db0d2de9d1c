"""ResNet: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016."""

from collections.abc import Callable
from typing import Any

Block = Callable[[int, int, int], Any]
"""Of channels that come in, channels inside, and the stride: a layer that adds its shortcut."""


def resnet18() -> Any:
    """1x3x224x224 -> 1x1000; names of the layers as in torchvision."""
    return _resnet(_basic_block(), expansion=1, blocks_of_stage=(2, 2, 2, 2))


def resnet50() -> Any:
    """1x3x224x224 -> 1x1000."""
    return _resnet(_bottleneck(), expansion=4, blocks_of_stage=(3, 4, 6, 3))


def resnet152() -> Any:
    """1x3x224x224 -> 1x1000."""
    return _resnet(_bottleneck(), expansion=4, blocks_of_stage=(3, 8, 36, 3))


def _basic_block() -> Block:
    from torch import nn

    class BasicBlock(nn.Module):
        """Two 3x3 convolutions and a shortcut, projected where the shape changes."""

        def __init__(self, channels_in: int, channels: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(channels)
            self.relu = nn.ReLU()
            self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)
            self.downsample = _shortcut(channels_in, channels, stride)

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.downsample(x))

    return BasicBlock


def _bottleneck() -> Block:
    from torch import nn

    class Bottleneck(nn.Module):
        """1x1 (which has the stride, as published), 3x3, and 1x1 to four times the channels."""

        def __init__(self, channels_in: int, channels: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            self.bn1 = nn.BatchNorm2d(channels)
            self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)
            self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(4 * channels)
            self.relu = nn.ReLU()
            self.downsample = _shortcut(channels_in, 4 * channels, stride)

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.relu(self.bn2(self.conv2(y)))
            return self.relu(self.bn3(self.conv3(y)) + self.downsample(x))

    return Bottleneck


def _shortcut(channels_in: int, channels: int, stride: int) -> Any:
    from torch import nn

    if stride == 1 and channels_in == channels:
        return nn.Identity()
    projection = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
    return nn.Sequential(projection, nn.BatchNorm2d(channels))


def _resnet(block: Block, expansion: int, blocks_of_stage: tuple[int, ...]) -> Any:
    from torch import nn

    class ResNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.relu = nn.ReLU()
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
            self.stages = nn.Sequential()
            channels_in = 64
            for stage, blocks in enumerate(blocks_of_stage):
                for number in range(blocks):
                    stride = 2 if stage > 0 and number == 0 else 1
                    self.stages.append(block(channels_in, 64 << stage, stride))
                    channels_in = expansion * (64 << stage)
            self.avgpool = nn.AdaptiveAvgPool2d(1)
            self.fc = nn.Linear(channels_in, 1000)

        def forward(self, x: Any) -> Any:
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            return self.fc(self.avgpool(self.stages(x)).flatten(1))

    return ResNet()
