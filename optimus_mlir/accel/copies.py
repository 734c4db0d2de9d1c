"""Copies of boxes, as calls of one function that copies rows of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from optimus_mlir.mlir import arith, func, ir, linalg, memref

COPY_ROWS = "copy_rows"
LOOPS = 4  # of copy_rows around a row


@dataclass(frozen=True)
class Rows:
    """A loop over the rows of a box: how many, and bytes from one to the next on either side."""

    count: int
    source_stride: int
    target_stride: int


class Copies:
    """Copies between the buffers of a module, which gets the function for it with the first one."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self._is_declared = False

    def copy(self, source: ir.Value, target: ir.Value) -> None:
        """Copy a box here. If the two overlap, `target` must be at lower addresses."""
        row_bytes, loops = rows_of(source.type, target.type)
        if len(loops) > LOOPS:
            linalg.copy(source, outs=[target])
            return
        self._declare()
        padded = [Rows(1, 0, 0)] * (LOOPS - len(loops)) + loops
        numbers = [
            n for rows in padded for n in (rows.count, rows.source_stride, rows.target_stride)
        ]
        constants = [_index(n) for n in (row_bytes, *numbers)]
        func.CallOp([], COPY_ROWS, [address_of(source), address_of(target), *constants])

    def _declare(self) -> None:
        if self._is_declared:
            return
        text = (files("optimus_mlir.accel") / "copy_rows.mlir").read_text()
        library = ir.Module.parse(text, self.module.context)
        for op in library.body.operations:
            op.operation.clone(ir.InsertionPoint(self.module.body))
        self._is_declared = True


def rows_of(source: ir.Type, target: ir.Type) -> tuple[int, list[Rows]]:
    """The bytes of a row that is dense on both sides, and the loops around it, outermost first."""
    width = -(-ir.MemRefType(source).element_type.width // 8)
    row_bytes, loops = width, []
    dimensions = zip(source.shape, _strides(source), _strides(target), strict=True)
    for count, *strides in reversed(list(dimensions)):
        source_stride, target_stride = (stride * width for stride in strides)
        outer = loops[0] if loops else Rows(1, row_bytes, row_bytes)
        inside = (outer.count * outer.source_stride, outer.count * outer.target_stride)
        if count == 1:
            continue
        if (source_stride, target_stride) != inside:
            loops.insert(0, Rows(count, source_stride, target_stride))
        elif loops:
            loops[0] = Rows(outer.count * count, outer.source_stride, outer.target_stride)
        else:
            row_bytes *= count
    return row_bytes, loops


def address_of(buffer: ir.Value) -> ir.Value:
    """The address of a buffer's first element, in bytes."""
    kind = ir.MemRefType(buffer.type)
    width = -(-kind.element_type.width // 8)
    base = memref.ExtractAlignedPointerAsIndexOp(buffer).result
    _, start = kind.get_strides_and_offset()
    if kind.is_dynamic_stride_or_offset(start):
        offset = memref.ExtractStridedMetadataOp(buffer).results[1]
        return arith.addi(base, arith.muli(offset, _index(width)))
    return arith.addi(base, _index(start * width)) if start else base


def keep_apart(function: ir.Operation) -> None:
    """Inlined everywhere, kernels would take LLVM many times as long."""
    function.attributes["llvm.no_inline"] = ir.UnitAttr.get()


def _strides(kind: ir.Type) -> list[int]:
    strides, _ = ir.MemRefType(kind).get_strides_and_offset()
    return list(strides)


def _index(value: int) -> ir.Value:
    return arith.ConstantOp(ir.IndexType.get(), value).result
