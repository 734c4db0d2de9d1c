"""Sizes in bytes, as people write them."""

import re
from fractions import Fraction

from optimus_mlir.errors import OptimusError

BYTES_OF_UNIT = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}


def parse_bytes(text: str) -> int:
    """A size in bytes: `65536`, `64KiB`, `1.5 MiB` (powers of 1024), `64kB` (powers of 1000)."""
    try:
        return bytes_of(text)
    except ValueError as error:
        raise OptimusError(str(error)) from None


def bytes_of(text: str) -> int:
    """The same, as the ValueError that a validator may raise."""
    size = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if size is None or size[2] not in BYTES_OF_UNIT:
        raise ValueError(f"not a size in bytes: '{text}': write it like 65536, 64KiB or 1.5MiB")
    count = Fraction(size[1]) * BYTES_OF_UNIT[size[2]]
    if count.denominator != 1:
        raise ValueError(f"not a whole number of bytes: '{text}'")
    return int(count)
