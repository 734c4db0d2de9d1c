"""Memory that a thread of the emulator works in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimus_mlir.accel.lowering import MemoryBytes
from optimus_mlir.accel.team import LINE_BYTES
from optimus_mlir.errors import OptimusError

Array = np.ndarray[Any, Any]
GUARD_BYTES = 4096
GUARD = 0xA5


def aligned(size: int) -> Array:
    """Bytes from the begin of a cache line on: few vectors reach into two."""
    memory = np.empty(size + LINE_BYTES, np.uint8)
    start = -memory.ctypes.data % LINE_BYTES
    return memory[start : start + size]


class Scratchpad:
    """A byte buffer with guards around it: a wrong address is found, not forgiven."""

    def __init__(self, size: int) -> None:
        self._memory = aligned(size + 2 * GUARD_BYTES)
        self._memory.fill(GUARD)
        self.bytes = self._memory[GUARD_BYTES : GUARD_BYTES + size]

    def check(self) -> None:
        outside = np.concatenate([self._memory[:GUARD_BYTES], self._memory[-GUARD_BYTES:]])
        if np.any(outside != GUARD):
            raise OptimusError("the program wrote outside the scratchpad: this is a compiler bug")


@dataclass(frozen=True)
class Memory:
    """A scratchpad and a workspace; those of a team's leader are what its steps share."""

    scratchpad: Scratchpad
    workspace: Array

    @staticmethod
    def of(sizes: MemoryBytes) -> Memory:
        return Memory(Scratchpad(sizes.scratchpad), aligned(sizes.workspace))

    @property
    def arrays(self) -> tuple[Array, Array]:
        return self.scratchpad.bytes, self.workspace
