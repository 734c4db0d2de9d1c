"""Copies of boxes, as calls of one function that copies rows of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from optimus_mlir.mlir import arith, func, ir, linalg, memref

COPY_ROWS = "copy_rows"
LOOPS = 4  # of copy_rows around a row

LONG_ROW = """
"llvm.intr.memmove"(%q, %p, %length) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
"""
SHORT_ROW = """
%width = llvm.mlir.constant(WIDTH : i64) : i64
%last = llvm.sub %length, %width : i64
%p1 = llvm.getelementptr %p[%last] : (!llvm.ptr, i64) -> !llvm.ptr, i8
%q1 = llvm.getelementptr %q[%last] : (!llvm.ptr, i64) -> !llvm.ptr, i8
%piece0 = llvm.load %p {alignment = 1 : i64} : !llvm.ptr -> PIECE
%piece1 = llvm.load %p1 {alignment = 1 : i64} : !llvm.ptr -> PIECE
llvm.store %piece0, %q {alignment = 1 : i64} : PIECE, !llvm.ptr
llvm.store %piece1, %q1 {alignment = 1 : i64} : PIECE, !llvm.ptr
"""
PIECES = {1: "i8", 2: "i16", 4: "i32", 8: "i64", 16: "vector<4xi32>", 32: "vector<8xi32>"}
"""A row of one or two such pieces, which may overlap, is not worth a call of memmove."""


@dataclass(frozen=True)
class Rows:
    """A loop over the rows of a box: how many, and bytes from one to the next on either side."""

    count: int
    source_stride: int
    target_stride: int


class Copies:
    """Copies between the buffers of a module, which gets the functions for them as they are needed."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self._declared: set[str] = set()

    def copy(self, source: ir.Value, target: ir.Value) -> None:
        """Copy a box here. If the two overlap, `target` must be at lower addresses."""
        row_bytes, loops = rows_of(source.type, target.type)
        if len(loops) > LOOPS:
            linalg.copy(source, outs=[target])
            return
        padded = [Rows(1, 0, 0)] * (LOOPS - len(loops)) + loops
        numbers = [
            n for rows in padded for n in (rows.count, rows.source_stride, rows.target_stride)
        ]
        constants = [_index(n) for n in (row_bytes, *numbers)]
        function = self._function(piece_of(row_bytes) if loops else None)
        func.CallOp([], function, [address_of(source), address_of(target), *constants])

    def _function(self, piece: int | None) -> str:
        """What copies rows of one or two pieces of so many bytes, or of any length."""
        name = COPY_ROWS if piece is None else f"{COPY_ROWS}_{piece}"
        if name not in self._declared:
            self._declared.add(name)
            library = ir.Module.parse(_source(name, piece), self.module.context)
            for op in library.body.operations:
                op.operation.clone(ir.InsertionPoint(self.module.body))
        return name


def piece_of(row_bytes: int) -> int | None:
    """The smallest piece of which one or two make a row; None for long rows."""
    return next((piece for piece in PIECES if piece <= row_bytes <= 2 * piece), None)


def _source(name: str, piece: int | None) -> str:
    text = (files("optimus_mlir.accel") / "copy_rows.mlir").read_text()
    row = LONG_ROW
    if piece is not None:
        row = SHORT_ROW.replace("WIDTH", str(piece)).replace("PIECE", PIECES[piece])
    return text.replace(f"@{COPY_ROWS}", f"@{name}").replace("COPY_ROW\n", row)


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
