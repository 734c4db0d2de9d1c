"""What is counted of work on the array: named columns, so that tiles are rows of one matrix.

A psum has the accumulator's width, the others the element's. `result` is a finished result, or
what joins it late (bias, residual).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from optimus_mlir.cost.unrolling import Counts
from optimus_mlir.target import Accelerator

Level = Literal["register_file", "array_network", "buffer"]
Passing = Literal["ifmap", "filter", "psum", "result"]
LEVELS: tuple[Level, ...] = get_args(Level)
PASSING: tuple[Passing, ...] = get_args(Passing)

OPERATIONS, MACS, CYCLES = range(3)
FIGURES = CYCLES + 1 + len(LEVELS) * len(PASSING)


def column(level: Level, passing: Passing) -> int:
    return CYCLES + 1 + LEVELS.index(level) * len(PASSING) + PASSING.index(passing)


@dataclass(frozen=True)
class Accesses:
    """Elements that pass one level: reads and writes of a memory, hops of the array network."""

    ifmap: int
    filter: int
    psum: int
    result: int


@dataclass(frozen=True)
class ArrayUse:
    """What a tile, or a sum of tiles, asks of the array.

    `operations` are iterations of the nest, `macs` those that multiply and accumulate.
    """

    operations: int
    macs: int
    compute_cycles: int
    register_file: Accesses
    array_network: Accesses
    buffer: Accesses

    @staticmethod
    def of(figures: Counts) -> ArrayUse:
        row: list[int] = figures.tolist()
        register_file, array_network, buffer = (
            Accesses(*(row[column(level, passing)] for passing in PASSING)) for level in LEVELS
        )
        return ArrayUse(
            row[OPERATIONS], row[MACS], row[CYCLES], register_file, array_network, buffer
        )


@lru_cache(maxsize=64)
def picojoules(accelerator: Accelerator) -> NDArray[np.float64]:
    """What one of each figure costs, by part: a row per figure; columns are LEVELS, then MACs."""
    per_access = {
        "register_file": accelerator.register_access_pj,
        "array_network": accelerator.hop_pj,
        "buffer": accelerator.buffer_access_pj,
    }
    wider = accelerator.accumulator_bits / accelerator.element_bits
    weights = np.zeros((FIGURES, len(LEVELS) + 1))
    for part, level in enumerate(LEVELS):
        for passing in PASSING:
            width = wider if passing == "psum" else 1
            weights[column(level, passing), part] = per_access[level] * width
    weights[MACS, -1] = accelerator.mac_pj
    return weights
