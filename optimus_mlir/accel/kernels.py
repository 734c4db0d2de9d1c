"""Kernels: what one compute instruction does, as a function of scratchpad buffers.

The linalg ops of one operator that stand together, and loops around such ops, become a kernel.
Temporaries in memory space 0 (padded feeds, accumulators) are the array's own and move into the
kernel; kernels of equal structure are shared.
"""

from __future__ import annotations

from collections.abc import Sequence

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import ALIASES
from optimus_mlir.analysis.annotations import CYCLES, OPERATOR, STEP, integer
from optimus_mlir.mlir import func, ir, memref
from optimus_mlir.mlir.cloning import Cloner, values_read

TRANSPARENT = ALIASES | {"memref.alloc", "affine.apply", "arith.constant"}


class KernelTable:
    """The kernels of a module, each body once."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self._by_body: dict[str, str] = {}

    def name_of(self, ops: Sequence[ir.Operation], arguments: Sequence[ir.Value]) -> str:
        """The kernel that runs `ops` on `arguments`, made if there is none like it."""
        function = self._build(ops, arguments, f"kernel_{len(self._by_body)}")
        name = ir.StringAttr(function.attributes["sym_name"]).value
        body = function.get_asm(assume_verified=True, use_local_scope=True).replace(
            f"@{name}(", "@(", 1
        )
        if body in self._by_body:
            function.erase()
        return self._by_body.setdefault(body, name)

    def _build(
        self, ops: Sequence[ir.Operation], arguments: Sequence[ir.Value], name: str
    ) -> ir.Operation:
        with ir.InsertionPoint(self.module.body), ops[0].location:
            kind = ir.FunctionType.get([any_address(a.type) for a in arguments], [])
            function = func.FuncOp(name, kind, visibility="private")
        block = function.add_entry_block()
        with ir.InsertionPoint(block), ops[0].location:
            cloner = Cloner(dict(zip(arguments, block.arguments, strict=True)))
            for op in ops:
                copy = cloner.clone(op)
                for label in (OPERATOR, CYCLES, STEP):
                    if label in copy.attributes:
                        del copy.attributes[label]
            for op in block.operations:
                if op.operation.name == "memref.alloc":
                    memref.DeallocOp(op.operation.results[0])
            func.ReturnOp([])
        return function.operation


def convert_computes(function: ir.Operation, kernels: KernelTable) -> None:
    """Replace each run of an operator's linalg ops by one accel.compute."""
    for block in _blocks(function):
        for ops in _runs(block):
            arguments = _scratchpad_buffers(ops)
            name = kernels.name_of(ops, arguments)
            with ir.InsertionPoint(ops[-1]), ops[-1].location:
                types = [any_address(argument.type) for argument in arguments]
                compute = accel.calling(accel.ComputeOp, name, arguments, types)
            if (cycles := _cycles(ops)) is not None:
                compute.operation.attributes[accel.CYCLES] = integer(cycles)
            if STEP in ops[-1].attributes:
                compute.operation.attributes[STEP] = ops[-1].attributes[STEP]
            for op in reversed(ops):
                op.erase()


def _runs(block: ir.Block) -> list[list[ir.Operation]]:
    """Ops with the same operator label and nothing but addressing between them."""
    runs: list[list[ir.Operation]] = []
    current: str | None = None
    for op in (o.operation for o in block.operations):
        label = ir.StringAttr(op.attributes[OPERATOR]).value if OPERATOR in op.attributes else None
        if label is not None and label == current:
            runs[-1].append(op)
        elif label is not None:
            runs.append([op])
            current = label
        elif op.name not in TRANSPARENT:
            current = None
        if STEP in op.attributes:  # the last op of a tile: another may belong to another step
            current = None
    return runs


def _cycles(ops: Sequence[ir.Operation]) -> int | None:
    """Of the tiles that the ops compute; None where they do not say."""
    said = [ir.IntegerAttr(op.attributes[CYCLES]).value for op in ops if CYCLES in op.attributes]
    return sum(said) if said else None


def _scratchpad_buffers(ops: Sequence[ir.Operation]) -> list[ir.Value]:
    """The buffers that the ops read or write, in order, without the array's own."""
    read = [v for op in ops for v in values_read(op) if isinstance(v.type, ir.MemRefType)]
    return list(dict.fromkeys(v for v in read if accel.memory_space(v) == accel.SCRATCHPAD))


def any_address(kind: ir.Type) -> ir.Type:
    """The type of a buffer of this shape at any offset."""
    strides, _ = ir.MemRefType(kind).get_strides_and_offset()
    anywhere = ir.ShapedType.get_dynamic_stride_or_offset()
    layout = ir.StridedLayoutAttr.get(anywhere, strides)
    return ir.MemRefType.get(kind.shape, kind.element_type, layout, kind.memory_space)


def _blocks(op: ir.Operation) -> list[ir.Block]:
    found: list[ir.Block] = []
    for region in op.regions:
        for block in region.blocks:
            found.append(block)
            for inner in block.operations:
                if inner.operation.name == "scf.for" and OPERATOR not in inner.operation.attributes:
                    found += _blocks(inner.operation)
    return found
