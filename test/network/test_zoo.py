"""Every network of the zoo becomes operators, and only what no operator can be stays on the host."""

import pytest

from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.frontends.torch_import import import_torch
from optimus_mlir.frontends.zoo import zoo_model, zoo_names
from optimus_mlir.mlir import ir, run_passes
from optimus_mlir.passes.normalize import NormalizePass

MODULES: list[ir.Module] = []  # a dataflow does not keep its module alive

OPERATORS_AND_MACS = {  # MACs in thousands
    "alexnet": (11, 724_406),
    "chain3": (3, 94_372),
    "chain3-valid": (3, 99_238),
    "densenet121": (187, 2_834_162),
    "fsrcnn": (8, 8_362_607),
    "googlenet": (72, 1_582_672),
    "mobilenet_v1": (29, 568_740),
    "mobilenet_v2": (54, 300_775),
    "resnet18": (23, 1_814_073),
    "resnet50": (56, 3_857_973),
    "resnet152": (158, 11_282_416),
    "squeezenet": (30, 832_668),
    "unet": (27, 3_018_326),
    "vgg5": (7, 5_635_768),
    "vgg16": (21, 15_470_264),
}
HOSTS = {"bert": ["linalg.generic"]}  # the table of words
OF_TRANSFORMERS = {"bert": 85, "vit": 248}


def dataflow(name: str) -> Dataflow:
    network, inputs = zoo_model(name)
    module = import_torch(network, inputs)
    run_passes(module, [NormalizePass()])
    MODULES[:] = [module]
    with module.context, ir.Location.unknown():
        return read_dataflow(find_main(module).operation)


@pytest.mark.parametrize("name", OPERATORS_AND_MACS)
def test_networks_are_operators(name: str) -> None:
    graph = dataflow(name).graph
    macs = sum(operator.macs for operator in graph.operators)
    assert (len(graph.operators), round(macs / 1000)) == OPERATORS_AND_MACS[name]


@pytest.mark.parametrize("name", OF_TRANSFORMERS)
def test_transformers_are_operators(name: str) -> None:
    pytest.importorskip("transformers")
    assert len(dataflow(name).graph.operators) == OF_TRANSFORMERS[name]


@pytest.mark.parametrize("name", [*OPERATORS_AND_MACS, *OF_TRANSFORMERS])
def test_the_host_has_little_to_do(name: str) -> None:
    if name in OF_TRANSFORMERS:
        pytest.importorskip("transformers")
    assert [op.name for op in dataflow(name).hosts] == HOSTS.get(name, [])


def test_no_network_is_forgotten() -> None:
    assert sorted([*OPERATORS_AND_MACS, *OF_TRANSFORMERS]) == zoo_names()
