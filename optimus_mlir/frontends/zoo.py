"""Networks by name. A new one is one line here and a builder in `models/`."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from optimus_mlir.errors import OptimusError, did_you_mean


@dataclass(frozen=True)
class Network:
    """Where a network is built, and the shape of its input: floats, or tokens of a vocabulary."""

    builder: str  # "file:function" in models/
    input_shape: tuple[int, ...]
    vocabulary: int | None = None


EXTRA = "transformers"  # a package that some networks come from
IMAGE = (1, 3, 224, 224)

NETWORKS = {
    "alexnet": Network("alexnet:alexnet", (1, 3, 227, 227)),
    "bert": Network("transformers:bert", (1, 128), vocabulary=30522),
    "chain3": Network("chains:chain3", (1, 16, 64, 64)),
    "chain3-valid": Network("chains:chain3_valid", (1, 16, 70, 70)),
    "densenet121": Network("densenet:densenet121", IMAGE),
    "fsrcnn": Network("chains:fsrcnn", (1, 1, 554, 974)),
    "googlenet": Network("googlenet:googlenet", IMAGE),
    "mobilenet_v1": Network("mobilenet:mobilenet_v1", IMAGE),
    "mobilenet_v2": Network("mobilenet:mobilenet_v2", IMAGE),
    "resnet18": Network("resnet:resnet18", IMAGE),
    "resnet50": Network("resnet:resnet50", IMAGE),
    "resnet152": Network("resnet:resnet152", IMAGE),
    "squeezenet": Network("squeezenet:squeezenet", (1, 3, 227, 227)),
    "unet": Network("unet:unet", (1, 3, 128, 128)),
    "vgg5": Network("vgg:vgg5", IMAGE),
    "vgg16": Network("vgg:vgg16", IMAGE),
    "vit": Network("transformers:vit", IMAGE),
}


def zoo_names() -> list[str]:
    return sorted(NETWORKS)


def zoo_model(name: str) -> tuple[Any, tuple[Any, ...]]:
    """The network in evaluation mode and example inputs, the same values each time."""
    network = NETWORKS.get(name)
    if network is None:
        raise OptimusError(
            f"unknown network '{name}'{did_you_mean(name, zoo_names())}: "
            f"choose {', '.join(zoo_names())}"
        )
    from optimus_mlir.frontends.weights import CALIBRATION_SEED, with_seeded_weights

    file, function = network.builder.split(":")
    build = getattr(import_module(f"optimus_mlir.frontends.models.{file}"), function)
    try:
        model = with_seeded_weights(build, _inputs(network, CALIBRATION_SEED))
    except ModuleNotFoundError as error:
        if error.name != EXTRA:
            raise
        raise OptimusError(f"{name} needs {EXTRA}: pip install 'optimus-mlir[{EXTRA}]'") from None
    return model, _inputs(network, seed=0)


def _inputs(network: Network, seed: int) -> tuple[Any, ...]:
    from optimus_mlir.frontends.weights import normal_input, tokens

    if network.vocabulary is not None:
        return (tokens(network.input_shape, network.vocabulary, seed),)
    return (normal_input(network.input_shape, seed),)
