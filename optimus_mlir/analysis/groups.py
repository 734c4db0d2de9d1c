"""The plan as it is called: what `main` says about each group that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from optimus_mlir.analysis import annotations
from optimus_mlir.cost import Schedule
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir

ENTRY = "main"


@dataclass(frozen=True)
class CalledGroup:
    """One call of a group's function, and what the cost model promises for it.

    `schedule` has the canonical names of the group; DRAM bytes are listed by live-in and by
    live-out, in the group's order. `result_shape` is that of the last live-out.
    """

    number: int
    operators: tuple[str, ...]
    function: str
    result_shape: tuple[int, ...]
    schedule: Schedule
    dram_read_bytes: tuple[int, ...]
    dram_write_bytes: tuple[int, ...]
    footprint_bytes: int
    macs: int

    @property
    def dram_bytes(self) -> int:
        return sum(self.dram_read_bytes) + sum(self.dram_write_bytes)


def find_main(module: ir.Module) -> ir.OpView:
    """The function `main`, which is the network; an OptimusError if there is none."""
    for op in module.body.operations:
        if _is_function(op.operation, ENTRY) and op.operation.regions[0].blocks:
            return op
    raise OptimusError(f"no function @{ENTRY}: give the function that is the network this name")


def read_groups(module: ir.Module) -> tuple[CalledGroup, ...]:
    """The groups of an outlined module, in the order in which `main` calls them."""
    return tuple(_read(call, module) for call in _calls(find_main(module)))


def _is_function(op: ir.Operation, name: str) -> bool:
    return op.name == "func.func" and ir.StringAttr(op.attributes["sym_name"]).value == name


def _calls(function: ir.OpView) -> Iterator[ir.Operation]:
    for op in function.operation.regions[0].blocks[0].operations:
        if op.operation.name == "func.call" and annotations.GROUP in op.operation.attributes:
            yield op.operation


def _read(call: ir.Operation, module: ir.Module) -> CalledGroup:
    callee = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
    function = next(op for op in module.body.operations if _is_function(op.operation, callee))
    price: dict[str, Any] = annotations.read_price(call)
    return CalledGroup(
        number=ir.IntegerAttr(call.attributes[annotations.GROUP]).value,
        operators=tuple(
            ir.StringAttr(name).value for name in call.attributes[annotations.OPERATORS]
        ),
        function=callee,
        result_shape=tuple(call.results[-1].type.shape),
        schedule=annotations.read_schedule(function.operation),
        dram_read_bytes=tuple(price["dram_read_bytes"]),
        dram_write_bytes=tuple(price["dram_write_bytes"]),
        footprint_bytes=price["footprint_bytes"],
        macs=price["macs"],
    )
