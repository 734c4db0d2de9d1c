"""Reading and writing the operands of a nest by vectors."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.mlir import arith, ir, memref, vector


@dataclass(frozen=True)
class Lanes:
    """Iterations `at`, `at + 1`, .. of the vector loop in one vector: `used` of its `width` lanes."""

    at: int
    width: int
    used: int

    @property
    def is_full(self) -> bool:
        return self.used == self.width

    def mask(self) -> ir.Value:
        kind = vector_of(self.width, ir.IntegerType.get_signless(1))
        return vector.ConstantMaskOp(kind, [self.used]).result


class Indices:
    """Index constants of a function, each made once where every loop can use it."""

    def __init__(self, op: ir.Operation) -> None:
        self._entry = op.block
        self._values: dict[int, ir.Value] = {}

    def constant(self, value: int) -> ir.Value:
        if value not in self._values:
            with ir.InsertionPoint.at_block_begin(self._entry):
                self._values[value] = arith.ConstantOp(ir.IndexType.get(), value).result
        return self._values[value]

    def plus(self, index: ir.Value, offset: int) -> ir.Value:
        return arith.AddIOp(index, self.constant(offset)).result if offset else index

    def times(self, index: ir.Value, factor: int) -> ir.Value:
        return index if factor == 1 else arith.MulIOp(index, self.constant(factor)).result


class Row:
    """A buffer as one row of elements; `stride` is from lane to lane."""

    def __init__(self, buffer: ir.Value, stride: int, indices: Indices) -> None:
        self.memory = flattened(buffer)
        self.element = self.memory.type.element_type
        self.stride = stride
        self.indices = indices

    def load(self, at: ir.Value, lanes: Lanes) -> ir.Value:
        """The elements that the lanes need; a scalar if all need the same."""
        match self.stride:
            case 0:
                return memref.LoadOp(self.memory, [at]).result
            case 1:
                return self._neighbours(at, lanes)
            case 2 if lanes.used > 1:
                return self._every_second(at, lanes)
            case _:
                return self._gathered(at, lanes)

    def store(self, value: ir.Value, at: ir.Value, lanes: Lanes) -> None:
        value = broadcast(value, lanes.width)
        if self.stride != 1:
            vector.ScatterOp(None, self.memory, [at], self._steps(lanes), lanes.mask(), value)
        elif lanes.is_full:
            vector.StoreOp(value, self.memory, [at])
        else:
            vector.MaskedStoreOp(self.memory, [at], lanes.mask(), value)

    def load_scalar(self, at: ir.Value) -> ir.Value:
        return memref.LoadOp(self.memory, [at]).result

    def store_scalar(self, value: ir.Value, at: ir.Value) -> None:
        memref.StoreOp(value, self.memory, [at])

    def _neighbours(self, at: ir.Value, lanes: Lanes) -> ir.Value:
        kind = vector_of(lanes.width, self.element)
        if lanes.is_full:
            return vector.LoadOp(kind, self.memory, [at]).result
        return vector.MaskedLoadOp(kind, self.memory, [at], lanes.mask(), zeros(kind)).result

    def _every_second(self, at: ir.Value, lanes: Lanes) -> ir.Value:
        """Two loads that end where the last element is, since beyond it the buffer may end."""
        second = self.indices.plus(at, lanes.used - 1)
        halves = [self._neighbours(start, lanes) for start in (at, second)]
        last = 2 * (lanes.used - 1)
        wanted = [min(2 * lane, last) for lane in range(lanes.width)]
        from_second = lanes.width - (lanes.used - 1)
        chosen = [e if e < lanes.used else e + from_second for e in wanted]
        return vector.ShuffleOp(*halves, chosen).result

    def _gathered(self, at: ir.Value, lanes: Lanes) -> ir.Value:
        kind = vector_of(lanes.width, self.element)
        everything = Lanes(0, lanes.width, lanes.width).mask()
        steps = self._steps(lanes)
        return vector.GatherOp(kind, self.memory, [at], steps, everything, zeros(kind)).result

    def _steps(self, lanes: Lanes) -> ir.Value:
        """How far each lane is from the first; unused lanes are where the last used one is."""
        i32 = ir.IntegerType.get_signless(32)
        steps = [min(lane, lanes.used - 1) * self.stride for lane in range(lanes.width)]
        values = [ir.IntegerAttr.get(i32, step) for step in steps]
        kind = vector_of(lanes.width, i32)
        return arith.ConstantOp(kind, ir.DenseElementsAttr.get(values, kind)).result


def flattened(buffer: ir.Value) -> ir.Value:
    """The buffer, with any strides, as one dimension that starts at its first element."""
    kind = ir.MemRefType(buffer.type)
    strides, start = kind.get_strides_and_offset()
    length = 1 + sum((n - 1) * stride for n, stride in zip(kind.shape, strides, strict=True))
    layout = ir.StridedLayoutAttr.get(start, [1])
    row = ir.MemRefType.get([length], kind.element_type, layout, kind.memory_space)
    if not kind.is_dynamic_stride_or_offset(start):
        return memref.ReinterpretCastOp(row, buffer, [], [], [], [start], [length], [1]).result
    base, offset, *_ = memref.ExtractStridedMetadataOp(buffer).results
    return memref.ReinterpretCastOp(row, base, [offset], [], [], [start], [length], [1]).result


def vector_of(width: int, element: ir.Type) -> ir.VectorType:
    return ir.VectorType.get([width], element)


def broadcast(value: ir.Value, width: int) -> ir.Value:
    """A vector of `width` lanes: the value itself if it is one."""
    if isinstance(value.type, ir.VectorType):
        return value
    return vector.BroadcastOp(vector_of(width, value.type), value).result


def zeros(kind: ir.VectorType) -> ir.Value:
    zero = 0.0 if isinstance(kind.element_type, ir.FloatType) else 0
    scalar = arith.ConstantOp(kind.element_type, zero).result
    return vector.BroadcastOp(kind, scalar).result
