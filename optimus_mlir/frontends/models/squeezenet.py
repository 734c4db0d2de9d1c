"""SqueezeNet 1.0: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016."""

from typing import Any


def squeezenet() -> Any:
    """1x3x227x227 -> 1x1000."""
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(3, 96, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(_fire(96, 16, 64), _fire(128, 16, 64), _fire(128, 32, 128), nn.MaxPool2d(3, 2)),
        *(_fire(256, 32, 128), _fire(256, 48, 192), _fire(384, 48, 192), _fire(384, 64, 256)),
        *(nn.MaxPool2d(3, 2), _fire(512, 64, 256)),
        *(nn.Conv2d(512, 1000, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )


def _fire(channels: int, squeezed: int, expanded: int) -> Any:
    import torch
    from torch import nn

    class Fire(nn.Module):
        """Few channels, then 1x1 and 3x3 convolutions of them, concatenated."""

        def __init__(self) -> None:
            super().__init__()
            self.squeeze = nn.Conv2d(channels, squeezed, 1)
            self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
            self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            x = self.relu(self.squeeze(x))
            return torch.cat([self.relu(self.expand1x1(x)), self.relu(self.expand3x3(x))], 1)

    return Fire()
