# ruff: noqa: INP001 # tools are no package
"""The networks of the Optimus artefact (tools/published.json) as dataflow graphs."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published.json").read_text())
LOOPS = "nkhwcrs"  # image; channel, row, column of the result; channel, row, column of the kernel


class Layer(NamedTuple):
    name: str
    kind: str
    channels_in: int
    channels_out: int
    size: int
    kernel: int
    stride: int
    padding: int
    sources: list[str]


class Part(NamedTuple):
    """A tensor, and the channel of a concatenation at which it begins."""

    tensor: str
    channel: int


def published_graph(name: str, batch: int) -> Graph:
    """Additions run in the epilogue of a convolution and concatenations cost nothing, as ours do."""
    network = PUBLISHED["networks"][name]
    layers = [Layer(*layer) for layer in network["layers"]]
    return _Builder(batch, *network["input"], layers).graph()


class _Builder:
    def __init__(self, batch: int, channels: int, size: int, layers: list[Layer]) -> None:
        self.batch = batch
        self.layers = layers
        self.tensors = {"input": Tensor("input", (batch, channels, size, size))}
        self.parts = {"input": [Part("input", 0)]}
        self.operators: dict[str, Operator] = {}

    def graph(self) -> Graph:
        for layer in self.layers:
            match layer.kind:
                case "concat":
                    self._concatenate(layer)
                case "eltwise_add":
                    self._add(layer)
                case _:
                    self._operator(layer)
        read = {a.tensor for o in self.operators.values() for a in o.reads}
        results = (o.write.tensor for o in self.operators.values())
        operators = tuple(self.operators.values())
        return Graph(operators, self.tensors, tuple(r for r in results if r not in read))

    def _concatenate(self, layer: Layer) -> None:
        parts: list[Part] = []
        channel = 0
        for source in layer.sources:
            parts += [Part(p.tensor, channel + p.channel) for p in self.parts[source]]
            channel += sum(self.tensors[p.tensor].shape[1] for p in self.parts[source])
        self.parts[layer.name] = parts

    def _add(self, layer: Layer) -> None:
        """The source that was computed last adds the other one to its result."""
        *_, last = (name for name in self.operators if name in layer.sources)
        (other,) = (self.parts[name][0] for name in layer.sources if name != last)
        operator = self.operators[last]
        residual = Access(other.tensor, tuple(_index(loop) for loop in "nkhw"))
        reads = (*operator.reads, residual)
        self.operators[last] = replace(operator, reads=reads, epilogue_reads=1)
        self.parts[layer.name] = [Part(last, 0)]

    def _operator(self, layer: Layer) -> None:
        walks = "k" if layer.kind in ("pool", "dwconv") else "c"
        rows, columns = (
            _index(a, layer.stride, r, -layer.padding) for a, r in (("h", "r"), ("w", "s"))
        )
        reads = [
            Access(part.tensor, (_index("n"), _index(walks, constant=-part.channel), rows, columns))
            for source in layer.sources
            for part in self.parts[source]
        ]
        if layer.kind != "pool":
            channels = () if walks == "k" else (layer.channels_in,)
            shape = (layer.channels_out, *channels, layer.kernel, layer.kernel)
            weights = Tensor(f"{layer.name}.w", shape, constant=True)
            self.tensors[weights.name] = weights
            loops = ("k", "c", "r", "s") if channels else ("k", "r", "s")
            reads.append(Access(weights.name, tuple(_index(loop) for loop in loops)))
        shape = (self.batch, layer.channels_out, layer.size, layer.size)
        self.tensors[layer.name] = Tensor(layer.name, shape)
        self.parts[layer.name] = [Part(layer.name, 0)]
        inner = (layer.channels_in if walks == "c" else 1, layer.kernel, layer.kernel)
        self.operators[layer.name] = Operator(
            layer.name,
            (*shape, *inner),
            (False, False, False, False, True, True, True),
            tuple(reads),
            Access(layer.name, tuple(_index(loop) for loop in "nkhw")),
            multiplies=layer.kind != "pool",
        )


def _index(loop: str, stride: int = 1, kernel: str = "", constant: int = 0) -> Linear:
    coefficients = {loop: stride} | ({kernel: 1} if kernel else {})
    return Linear(tuple(coefficients.get(name, 0) for name in LOOPS), constant)
