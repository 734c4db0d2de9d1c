"""The bytes of a `dense_resource`, which the bindings do not give: they are in the bytecode of an op.

The format is https://mlir.llvm.org/docs/BytecodeFormat.
"""

from torch_mlir import ir

LARGE_BYTES = 1 << 16  # no other part of a constant's bytecode is as long

MAGIC = b"ML\xefR"
RESOURCE_SECTION = 5
SECTION_IS_ALIGNED = 0x80


def resource_bytes(value: ir.Attribute, length: int) -> memoryview:
    """The bytes of a resource that should have so many; none if they were elided.

    Of an op by itself: MLIR's writer crashes where regions outside of what it writes use the op.
    """
    written = _Pieces()
    with value.context, ir.Location.unknown():
        attributes = {"value": value}
        op = ir.Operation.create("arith.constant", [value.type], [], attributes, ip=False)
        op.write_bytecode(written)
    return written.resource(length)


class _Pieces:
    """A file that keeps every piece that is written; a `BytesIO` would copy all weights again."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.written.append(piece)
        return len(piece)

    def resource(self, length: int) -> memoryview:
        """The bytes of the one resource. A large one is a piece of its own."""
        if length >= LARGE_BYTES:
            for piece in self.written:
                if len(piece) == length:
                    return memoryview(piece)
        return _only_resource(memoryview(b"".join(self.written)))


def _only_resource(bytecode: memoryview) -> memoryview:
    """The bytes of the one resource in this module; empty if there is none or it was elided."""
    end_of_producer = bytes(bytecode[:256]).index(0, len(MAGIC) + 1)
    at = end_of_producer + 1
    while at < len(bytecode):
        section = bytecode[at]
        length, at = _variable_length_integer(bytecode, at + 1)
        if section & SECTION_IS_ALIGNED:
            alignment, at = _variable_length_integer(bytecode, at)
            at += -at % alignment
        if section & ~SECTION_IS_ALIGNED == RESOURCE_SECTION:
            return _blob(bytecode, at, at + length)
        at += length
    return bytecode[:0]


def _blob(bytecode: memoryview, at: int, end: int) -> memoryview:
    """A blob is its alignment, its size, padding, then the values up to the section's end."""
    if at == end:
        return bytecode[:0]
    _, at = _variable_length_integer(bytecode, at)
    size, _ = _variable_length_integer(bytecode, at)
    return bytecode[end - size : end]


def _variable_length_integer(bytecode: memoryview, at: int) -> tuple[int, int]:
    """The integer at `at` and where it ends: trailing zero bits of byte 0 count further bytes."""
    first = bytecode[at]
    if first == 0:  # nine bytes: eight of value
        return int.from_bytes(bytecode[at + 1 : at + 9], "little"), at + 9
    length = (first & -first).bit_length()
    return int.from_bytes(bytecode[at : at + length], "little") >> length, at + length
