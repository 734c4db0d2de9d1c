"""The networks of the zoo: their sizes as published, and answers that depend on the input."""

import sys

import pytest
import torch

from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.weights import normal_input
from optimus_mlir.frontends.zoo import NETWORKS, zoo_model

PARAMETERS = {  # biases and what batch norms learn included
    "chain3": 23_136,
    "chain3-valid": 23_136,
    "fsrcnn": 15_992 + 188,
    "mobilenet_v1": 4_231_976,
    "mobilenet_v2": 3_504_872,
    "resnet18": 11_689_512,
    "squeezenet": 1_248_424,
    "unet": 7_760_130,
    "vgg5": 555_328,
}
RESULTS = {
    "chain3": (1, 32, 64, 64),
    "chain3-valid": (1, 32, 64, 64),
    "fsrcnn": (1, 16, 540, 960),
    "unet": (1, 2, 128, 128),
    "vgg5": (1, 256, 56, 56),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_networks_are_as_published_and_answer_with_more_than_their_bias(name: str) -> None:
    network, inputs = zoo_model(name)
    assert sum(p.numel() for p in network.parameters()) == PARAMETERS[name]
    with torch.no_grad():
        first = network(*inputs)
        second = network(normal_input(NETWORKS[name].input_shape, seed=5))
    assert first.shape == RESULTS.get(name, (1, 1000))
    assert torch.isfinite(first).all()
    assert 0.2 < first.std() < 5
    assert (first - second).std() > 0.02


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(OptimusError, match=r"vit needs transformers: pip install 'optimus-mlir\["):
        zoo_model("vit")
