"""Every network of the zoo becomes operators, and only what no operator can be stays on the host."""

import pytest

from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model, zoo_names
from optimus_mlir.mlir import ir, run_passes
from optimus_mlir.passes.normalize import NormalizePass

OPERATORS_AND_MACS = {  # MACs in millions
    "alexnet": (11, 724.4),
    "bert": (85, 436.5),
    "chain3": (3, 94.4),
    "chain3-valid": (3, 99.2),
    "densenet121": (187, 2834.2),
    "fsrcnn": (8, 8362.6),
    "googlenet": (72, 1582.7),
    "mobilenet_v1": (29, 568.7),
    "mobilenet_v2": (54, 300.8),
    "resnet18": (23, 1814.1),
    "resnet50": (56, 3858.0),
    "resnet152": (158, 11282.4),
    "squeezenet": (30, 832.7),
    "unet": (27, 3018.3),
    "vgg5": (7, 5635.8),
    "vgg16": (21, 15470.3),
    "vit": (248, 1254.6),
}
HOSTS = {"bert": ["linalg.generic"]}  # the table of words
OF_TRANSFORMERS = {"bert", "vit"}


@pytest.mark.parametrize("name", OPERATORS_AND_MACS)
def test_networks_are_operators(name: str) -> None:
    if name in OF_TRANSFORMERS:
        pytest.importorskip("transformers")
    network, inputs = zoo_model(name)
    module = import_torch(network, inputs)
    run_passes(module, [NormalizePass()])
    with module.context, ir.Location.unknown():
        dataflow = read_dataflow(find_main(module).operation)
    macs = sum(operator.macs for operator in dataflow.graph.operators)
    assert (len(dataflow.graph.operators), round(macs / 1e6, 1)) == OPERATORS_AND_MACS[name]
    assert [op.name for op in dataflow.hosts] == HOSTS.get(name, [])


def test_no_network_is_forgotten() -> None:
    assert sorted(OPERATORS_AND_MACS) == zoo_names()
