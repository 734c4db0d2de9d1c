"""The counters of an emulated network: bytes moved for each tensor of each launch, and peaks."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.mlir import ir


@dataclass(frozen=True)
class LaunchCounters:
    """The counters of one launch: one for each of its buffers (bytes moved), one for the peak."""

    first: int
    buffers: int

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
        layout.append(LaunchCounters(first, len(accel.call_in(launch).operands)))
        first = layout[-1].end
    return layout


def launches(module: ir.Module) -> list[ir.Operation]:
    return allocations_in(module.operation, accel.LaunchOp.OPERATION_NAME)


def counters_type(length: int) -> ir.Type:
    return ir.MemRefType.get([length], ir.IntegerType.get_signless(64))


def slice_type(length: int, offset: int) -> ir.Type:
    layout = ir.StridedLayoutAttr.get(offset, [1])
    return ir.MemRefType.get([length], ir.IntegerType.get_signless(64), layout)


def any_counters_type(length: int) -> ir.Type:
    return slice_type(length, ir.ShapedType.get_dynamic_stride_or_offset())
