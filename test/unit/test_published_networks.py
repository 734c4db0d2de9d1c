"""The networks of the Optimus artefact are what its authors planned."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from published_networks import published_graph

from optimus_mlir.cost import floor_bytes
from optimus_mlir.target import load_accelerator

FLOORS_MIB = {  # input, weights and output once, as their code counts them
    "alexnet": 4.75,
    "googlenet": 13.62,
    "mobilenet": 8.32,
    "resnet152": 114.81,
    "resnet18": 21.60,
    "resnet50": 48.93,
    "squeezenet": 2.67,
    "vggnet": 28.39,
}


@pytest.mark.parametrize("name", FLOORS_MIB)
def test_floors_are_the_published_ones(name: str) -> None:
    graph = published_graph(name, 1)
    floor = floor_bytes(graph, load_accelerator("optimus-64reg")) / 2**20
    assert floor == pytest.approx(FLOORS_MIB[name], rel=0.005)
