"""ResNet-18: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016."""

from typing import Any


def resnet18() -> Any:
    """1x3x224x224 -> 1x1000; names of the layers as in torchvision."""
    return _resnet(blocks_of_stage=(2, 2, 2, 2), classes=1000)


def _resnet(blocks_of_stage: tuple[int, ...], classes: int) -> Any:
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
            self.downsample = nn.Identity()
            if stride != 1 or channels_in != channels:
                projection = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
                self.downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.downsample(x))

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
                for block in range(blocks):
                    stride = 2 if stage > 0 and block == 0 else 1
                    self.stages.append(BasicBlock(channels_in, 64 << stage, stride))
                    channels_in = 64 << stage
            self.avgpool = nn.AdaptiveAvgPool2d(1)
            self.fc = nn.Linear(channels_in, classes)

        def forward(self, x: Any) -> Any:
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            return self.fc(self.avgpool(self.stages(x)).flatten(1))

    return ResNet()
