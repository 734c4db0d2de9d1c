"""AlexNet: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep CNNs", NIPS 2012."""

from typing import Any


def alexnet() -> Any:
    """1x3x227x227 -> 1x1000: two halves that meet in the third convolution, as published.

    Without local response normalisation, which adds nothing that its successors miss.
    """
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        nn.Flatten(),
        *(nn.Linear(256 * 6 * 6, 4096), nn.ReLU()),
        *(nn.Linear(4096, 4096), nn.ReLU()),
        nn.Linear(4096, 1000),
    )
