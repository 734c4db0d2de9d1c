"""U-Net: Ronneberger, Fischer, Brox, "Convolutional networks for biomedical image segmentation", 2015."""

from typing import Any


def unet(width: int = 32, depth: int = 4) -> Any:
    """1x3x128x128 -> 1x2x128x128: half the published width, and padding so that sizes agree."""
    import torch
    from torch import nn

    widths = [width << level for level in range(depth + 1)]

    class UNet(nn.Module):
        """Down a ladder of poolings and up again; each rung also sees what the way down left."""

        def __init__(self) -> None:
            super().__init__()
            self.down = nn.ModuleList(map(_double, [3, *widths], widths))
            self.pool = nn.MaxPool2d(2)
            deep_first = widths[::-1]
            self.up = nn.ModuleList(
                nn.ConvTranspose2d(2 * n, n, 2, stride=2) for n in deep_first[1:]
            )
            self.merge = nn.ModuleList(_double(2 * n, n) for n in deep_first[1:])
            self.classes = nn.Conv2d(width, 2, 1)

        def forward(self, x: Any) -> Any:
            left = []
            for level, layer in enumerate(self.down):
                x = layer(x if level == 0 else self.pool(x))
                left.append(x)
            left.pop()
            for up, merge in zip(self.up, self.merge, strict=True):
                x = merge(torch.cat([left.pop(), up(x)], 1))
            return self.classes(x)

    return UNet()


def _double(before: int, after: int) -> Any:
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(before, after, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(after, after, 3, padding=1), nn.ReLU()),
    )
