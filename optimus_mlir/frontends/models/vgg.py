"""VGG: Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any


def vgg16() -> Any:
    """1x3x224x224 -> 1x1000: thirteen convolutions and three fully-connected layers."""
    from torch import nn

    stages = ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3)
    return nn.Sequential(
        *_features(stages),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *(nn.Linear(512 * 7 * 7, 4096), nn.ReLU()),
        *(nn.Linear(4096, 4096), nn.ReLU()),
        nn.Linear(4096, 1000),
    )


def vgg5() -> Any:
    """1x3x224x224 -> 1x256x56x56: the first five convolutions."""
    from torch import nn

    return nn.Sequential(*_features(((64, 64), (128, 128), (256,))))


def _features(stages: Sequence[Sequence[int]]) -> Iterator[Any]:
    """3x3 convolutions that keep the size, with a pooling between two stages."""
    from torch import nn

    first_of_stage = [len(layers) for layers in stages[:-1]]
    pooled_before = {sum(first_of_stage[: n + 1]) for n in range(len(first_of_stage))}
    channels = [3, *(width for layers in stages for width in layers)]
    for number, (before, after) in enumerate(pairwise(channels)):
        if number in pooled_before:
            yield nn.MaxPool2d(2)
        yield nn.Conv2d(before, after, 3, padding=1)
        yield nn.ReLU()
