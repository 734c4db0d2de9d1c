"""What a plan is to have little of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimus_mlir.cost import Price


@dataclass(frozen=True)
class Objective:
    """A figure of a group's price that adds up over the groups of a plan: less is better.

    A group that moves n DRAM bytes has at least n times `per_dram_byte` of it.
    """

    name: str
    of: Callable[[Price], float]
    per_dram_byte: float


DRAM_BYTES = Objective("dram-bytes", lambda price: price.dram_bytes, 1)
