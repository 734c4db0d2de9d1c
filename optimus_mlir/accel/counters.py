"""The counters of an emulated network: bytes moved for each tensor of each launch, and peaks."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.mlir import ir


@dataclass(frozen=True)
class LaunchCounters:
    """The counters of one launch: one for each of its buffers (bytes moved), one for the peak.

    Its buffers are its live-ins, then its `live_outs`.
    """

    first: int
    buffers: int
    live_outs: int

    @property
    def first_live_out(self) -> int:
        return self.peak - self.live_outs

    @property
    def peak(self) -> int:
        return self.first + self.buffers

    @property
    def end(self) -> int:
        return self.peak + 1


def counter_layout(module: ir.Module) -> list[LaunchCounters]:
    """Where the counters of each launch are, in program order."""
    layout: list[LaunchCounters] = []
    first = 0
    for launch in launches(module):
        call = accel.call_in(launch)
        layout.append(LaunchCounters(first, len(call.operands), _live_outs(module, call)))
        first = layout[-1].end
    return layout


def _live_outs(module: ir.Module, call: ir.Operation) -> int:
    """How many arguments of the called group it stores to; they come last."""
    name = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
    group = next(
        op.operation
        for op in module.body.operations
        if op.operation.name == "func.func" and op.sym_name.value == name
    )
    stores = allocations_in(group, accel.StoreOp.OPERATION_NAME)
    return len({_argument(store.operands[1]) for store in stores})


def _argument(value: ir.Value) -> int:
    """The number of the function argument that a view of DRAM belongs to."""
    while not isinstance(value.owner, ir.Block):
        value = value.owner.operands[0]
    return ir.BlockArgument(value).arg_number


def launches(module: ir.Module) -> list[ir.Operation]:
    return allocations_in(module.operation, accel.LaunchOp.OPERATION_NAME)


def counters_type(length: int) -> ir.Type:
    return ir.MemRefType.get([length], ir.IntegerType.get_signless(64))


def slice_type(length: int, offset: int) -> ir.Type:
    layout = ir.StridedLayoutAttr.get(offset, [1])
    return ir.MemRefType.get([length], ir.IntegerType.get_signless(64), layout)


def any_counters_type(length: int) -> ir.Type:
    return slice_type(length, ir.ShapedType.get_dynamic_stride_or_offset())
