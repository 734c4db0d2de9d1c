"""What a solver returns, and how long it may take."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from optimus_mlir.fusion.prices import GroupPrices, Operators

Partition = list[Operators]


@dataclass(frozen=True)
class Solution:
    """A partition, and a figure below which no partition at all can cost; 0 if none was proved."""

    partition: Partition
    bound: float = 0


@dataclass(frozen=True)
class Patience:
    """A time limit in seconds, from now on."""

    seconds: float = math.inf
    begin: float = field(default_factory=perf_counter)

    def is_over(self) -> bool:
        return perf_counter() - self.begin > self.seconds


Solver = Callable[[GroupPrices, Operators, Patience], Solution]
