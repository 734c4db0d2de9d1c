"""What an accelerator does, one event for each of its instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["launch", "alloc", "load", "store", "move", "compute"]


@dataclass(frozen=True)
class Event:
    """One instruction as it runs, in program order.

    `launch` counts the launches of the program from 0. `step` is the trip of every loop around,
    outermost first: events of one tile step share it. `bytes` are counted in the accelerator's
    element width: of a box that is copied, or of a buffer from `offset` on. `operations` are the
    points of a kernel's loop nests with reductions: multiply-accumulates, in a convolution.
    """

    kind: Kind
    launch: int
    step: tuple[int, ...]
    name: str  # of the kernel, or of the program
    bytes: int = 0
    offset: int = 0
    argument: int | None = None  # of the program: what a load or a store moves
    operations: int = 0
    live_bytes: int = 0  # highest address in use at this step, exclusive
