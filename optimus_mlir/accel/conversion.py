"""From bufferized linalg on tiles to the accel dialect."""

from __future__ import annotations

from collections.abc import Sequence

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.kernels import KernelTable, convert_computes
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.accel.memory_spaces import set_memory_spaces
from optimus_mlir.accel.pipelining import pipeline
from optimus_mlir.analysis import annotations
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir

__all__ = ["KernelTable", "convert_group", "convert_launches", "launch_remarks"]


def convert_group(
    function: ir.Operation, kernels: KernelTable, *, double_buffering: bool = False
) -> None:
    """Turn one bufferized group function into a program of the accelerator."""
    _convert_transfers(function)
    _drop_temporaries(function)
    _convert_allocations(function)
    convert_computes(function, kernels)
    if double_buffering:
        pipeline(function)


Remarks = dict[str, ir.Attribute]


def launch_remarks(module: ir.Module, groups: Sequence[ir.Operation]) -> list[Remarks]:
    """What the plan says on each call of a group, in program order; bufferization would drop it."""
    return [
        {name: call.attributes[name] for name in _names(call) if name.startswith("optimus.")}
        for call in _calls_of(module, groups)
    ]


def convert_launches(
    module: ir.Module, groups: Sequence[ir.Operation], remarks: Sequence[Remarks]
) -> None:
    """Calls of group functions become launches; `remarks` are put back on them."""
    for call, said in zip(_calls_of(module, groups), remarks, strict=True):
        callee = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
        with ir.InsertionPoint(call), call.location:
            types = [operand.type for operand in call.operands]
            launch = accel.calling(accel.LaunchOp, callee, call.operands, types)
        for name, attribute in said.items():
            launch.operation.attributes[name] = attribute
        call.erase()


def _calls_of(module: ir.Module, groups: Sequence[ir.Operation]) -> list[ir.Operation]:
    names = {ir.StringAttr(op.attributes["sym_name"]).value for op in groups}
    calls = _ops_named(module.operation, "func.call")
    return [c for c in calls if ir.FlatSymbolRefAttr(c.attributes["callee"]).value in names]


def _names(op: ir.Operation) -> list[str]:
    return [op.attributes[i].name for i in range(len(op.attributes))]


TRANSFERS = {
    annotations.LOAD: accel.LoadOp,
    annotations.MOVE: accel.MoveOp,
    annotations.STORE: accel.StoreOp,
}


def _convert_transfers(function: ir.Operation) -> None:
    for copy in _ops_named(function, "linalg.copy"):
        kind = next((label for label in TRANSFERS if label in copy.attributes), None)
        if kind is None:
            continue
        with ir.InsertionPoint(copy), copy.location:
            width = _width(copy, kind)
            transfer = accel.copying(TRANSFERS[kind], *copy.operands, element_bytes=width)
        if annotations.STEP in copy.attributes:
            transfer.attributes[annotations.STEP] = copy.attributes[annotations.STEP]
        copy.erase()


def _width(copy: ir.Operation, label: str) -> ir.Attribute | None:
    """Bytes of an element, where the label says so: partial sums are wider than others."""
    value = copy.attributes[label]
    return value if isinstance(value, ir.IntegerAttr) else None


def _drop_temporaries(function: ir.Operation) -> None:
    """Bufferization moves a halo through a temporary, since the two places overlap.

    An accel.move does that by itself, so it may read where the halo was.
    """
    for copy in _ops_named(function, "memref.copy"):
        source, temporary = copy.operands
        uses = [use.owner.operation for use in temporary.uses if use.owner.operation != copy]
        if [op.name for op in uses] != ["accel.move"] or temporary.owner.name != "memref.alloc":
            raise PassFailure(
                copy.location,
                "bufferization added a copy that no plan foresees: "
                "run --convert-linalg-to-accel right after --optimus-tile-and-fuse",
            )
        uses[0].operands[0] = source
        copy.erase()
        temporary.owner.erase()


def _convert_allocations(function: ir.Operation) -> None:
    """A buffer's type says its address; from here on it says `scratchpad` and no more."""
    for op in allocations_in(function, "memref.alloc"):
        offset = annotations.address_of(op.results[0].type)
        if offset is None:
            continue
        kind = _in_scratchpad(op.results[0].type)
        length = annotations.bytes_of(op.results[0])
        with ir.InsertionPoint(op), op.location:
            alloc = accel.AllocOp(annotations.integer(offset), annotations.integer(length), kind)
        space = ir.DictAttr(op.results[0].type.memory_space)
        for label in (annotations.COPIES, annotations.SPARE):
            if label in space:
                alloc.operation.attributes[label] = space[label]
        op.results[0].replace_all_uses_with(alloc.buffer)
        op.erase()
    set_memory_spaces(function, _in_scratchpad)


def _in_scratchpad(kind: ir.Type) -> ir.Type:
    if not isinstance(kind, ir.MemRefType) or annotations.address_of(kind) is None:
        return kind
    return ir.MemRefType.get(
        kind.shape, kind.element_type, kind.layout, annotations.integer(accel.SCRATCHPAD)
    )


def _ops_named(root: ir.Operation, name: str) -> list[ir.Operation]:
    return allocations_in(root, name)
