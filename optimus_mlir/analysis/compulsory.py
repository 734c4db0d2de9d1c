"""Compulsory traffic of a function: no plan can move fewer bytes."""

from __future__ import annotations

from collections.abc import Iterator

from optimus_mlir.analysis.dataflow import Dataflow
from optimus_mlir.cost import floor_bytes
from optimus_mlir.mlir import ir
from optimus_mlir.target import Accelerator

RESHAPES = frozenset({"tensor.collapse_shape", "tensor.expand_shape"})


def compulsory_bytes(dataflow: Dataflow, function: ir.Operation, accelerator: Accelerator) -> int:
    """Inputs and weights that operators read, and results that they write, once each.

    With ops on the host between operators, what those exchange with operators is left out: one
    day it might stay on chip.
    """
    if not dataflow.hosts:
        return floor_bytes(dataflow.graph, accelerator)
    values = dataflow.values
    read = [name for name in dataflow.graph.live_ins if _comes_from_outside(values[name])]
    returned = set(_returned(function))
    written = [name for name in dataflow.graph.outputs if values[name] in returned]
    elements = sum(dataflow.graph.tensors[name].elements for name in (*read, *written))
    return elements * accelerator.element_bytes


def _comes_from_outside(value: ir.Value) -> bool:
    return isinstance(value.owner, ir.Block) or value.owner.name == "arith.constant"


def _returned(function: ir.Operation) -> Iterator[ir.Value]:
    """The results of a function, and what they were before they were reshaped."""
    block = function.regions[0].blocks[0]
    for value in block.operations[len(block.operations) - 1].operands:
        yield from _reshaped_from(value)


def _reshaped_from(value: ir.Value) -> Iterator[ir.Value]:
    yield value
    if not isinstance(value.owner, ir.Block) and value.owner.name in RESHAPES:
        yield from _reshaped_from(value.owner.operands[0])
