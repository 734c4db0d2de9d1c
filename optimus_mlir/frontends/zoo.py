"""Networks by name. A new one is one line here and a builder in `models/`."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from optimus_mlir.errors import OptimusError, did_you_mean

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Network:
    """Where a network is built, and the shapes of float inputs that it takes."""

    builder: str  # "file:function" in models/
    input_shapes: tuple[Shape, ...]


NETWORKS = {
    "resnet18": Network("resnet:resnet18", ((1, 3, 224, 224),)),
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
    from optimus_mlir.frontends.weights import normal_inputs, with_seeded_weights

    file, function = network.builder.split(":")
    build = getattr(import_module(f"optimus_mlir.frontends.models.{file}"), function)
    inputs = normal_inputs(network.input_shapes, seed=0)
    return with_seeded_weights(build, network.input_shapes), inputs
