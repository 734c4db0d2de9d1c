"""What an accelerator does, one event for each of its instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["launch", "alloc", "load", "store", "move", "compute", "wait"]


@dataclass(frozen=True)
class Event:
    """One instruction as it runs, in program order.

    `launch` counts the launches of the network from 0. `bytes` are counted in the accelerator's
    element width: of a box that is copied, or of a buffer that begins at `offset`.
    `buffers` are the scratchpad buffers that it names or touches, numbered in the order of their
    allocation. `macs` are the trips of a kernel's nests with reductions, `cycles` what it takes. `transfer` numbers the
    transfers that are only started here, and says which of them is waited for.
    """

    kind: Kind
    launch: int
    name: str  # of the program, the buffer's type, the kernel
    bytes: int = 0
    offset: int = 0
    argument: int | None = None  # of the program: what a load reads or a store writes
    macs: int = 0
    cycles: int = 0
    buffers: tuple[int, ...] = ()
    transfer: int | None = None
