"""A loop nest on the PE array: its cycles, and its accesses at every level within the scratchpad.

Three operands (ifmap, filter, psum) and three levels (register file, array network, global
buffer), as in Eyeriss (Chen, Emer, Sze, ISCA 2016). How often an operand is fetched follows from
the loops that do not index it, as in Timeloop (ISPASS 2019) and Interstellar (ASPLOS 2020).
docs/cost-model.md has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np

from optimus_mlir.cost.accesses import (
    Fetches,
    Mapping,
    distinct,
    fetches_for_every_mac,
    fetches_kept,
    product,
)
from optimus_mlir.cost.blocking import Order, blocks, orders
from optimus_mlir.cost.figures import CYCLES, FIGURES, MACS, OPERATIONS, column, picojoules
from optimus_mlir.cost.roles import Operands, operands_of
from optimus_mlir.cost.unrolling import Counts, ceil_div, loops_to_unroll, unrolled
from optimus_mlir.target import Accelerator, Operand
from optimus_mlir.workload import Access, Operator

MEMORY = 2**16  # tiles that one nest remembers
CHUNK = 256  # tiles at once: all their candidate blocks stay in the processor's cache


@dataclass(frozen=True)
class Placement:
    """How a tile was put on the array, per loop: iterations side by side, and a PE's block.

    `order` has the loops around the blocks, outermost first.
    """

    unrolled: tuple[int, ...]
    block: tuple[int, ...]
    order: Order


@dataclass(frozen=True, eq=False)
class ArrayNest:
    """An operator's nest on an accelerator's array; it remembers what it was asked.

    Of the register blocks and loop orders that the dataflow allows, a tile gets those that cost
    the least energy on chip.
    """

    operator: Operator
    constants: frozenset[str]
    accelerator: Accelerator
    _answers: dict[tuple[int, ...], Counts] = field(default_factory=dict[tuple[int, ...], Counts])

    def figures_of(self, extents: tuple[int, ...]) -> Counts:
        """The figures of one tile, given the extents of all loops."""
        if extents not in self._answers:
            self.remember([extents])
        return self._answers[extents]

    def remember(self, tiles: Iterable[tuple[int, ...]]) -> None:
        """Work out many tiles at once: much faster than one after the other."""
        new = [tile for tile in dict.fromkeys(tiles) if tile not in self._answers]
        if len(self._answers) + len(new) > MEMORY:
            self._answers.clear()
        for tile, figures in zip(new, self._figures_of(new), strict=True):
            self._answers[tile] = figures

    def figures(self, tiles: Counts) -> Counts:
        """The figures of many tiles (rows of extents), one row each."""
        parts = [self._chosen(tiles[i : i + CHUNK])[0] for i in range(0, len(tiles), CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, FIGURES), dtype=np.int64)

    def _figures_of(self, tiles: list[tuple[int, ...]]) -> Counts:
        rows = np.array(tiles, dtype=np.int64).reshape(len(tiles), len(self.operator.extents))
        figures = self.figures(rows)
        figures.flags.writeable = False
        return figures

    def placement(self, extents: tuple[int, ...]) -> Placement:
        """How one tile was put on the array."""
        tile = np.array([extents], dtype=np.int64)
        _, choice = self._chosen(tile)
        order, block = divmod(int(choice[0]), len(self._blocks))
        mapping = self._mapping(tile, self._orders[order])
        return Placement(
            tuple(int(count.item()) for count in mapping.unrolled),
            tuple(int(counts.ravel()[block % counts.size]) for counts in mapping.blocks),
            self._orders[order],
        )

    def results(self, extents: tuple[int, ...]) -> int:
        """The elements of the tile's result."""
        return math.prod(extents[loop] for loop in self._operands.psum.loops)

    def least_pj(self, extents: tuple[int, ...]) -> float:
        """No tiling of this tile, on any array with these energies, takes less energy on chip."""
        return math.prod(extents) * self.least_pj_per_operation

    @cached_property
    def least_pj_per_operation(self) -> float:
        """What every operation does: read what is kept, receive what is not, and multiply."""
        figures = np.zeros(FIGURES, dtype=np.int64)
        figures[MACS] = int(self.operator.macs > 0)
        for operand, _ in self._inputs:
            level = "register_file" if operand in self._kept else "array_network"
            figures[column(level, operand)] += 1
        if "psum" not in self._kept:
            figures[column("array_network", "psum")] = 1
        elif any(self.operator.reduction):
            figures[column("register_file", "psum")] = 2
        return float((figures @ picojoules(self.accelerator)).sum())

    @cached_property
    def _inputs(self) -> list[tuple[Operand, Access]]:
        inputs: list[tuple[Operand, Access]] = [("ifmap", a) for a in self._operands.ifmaps]
        return inputs if (one := self._operands.filter) is None else [*inputs, ("filter", one)]

    @cached_property
    def _operands(self) -> Operands:
        return operands_of(self.operator, self.constants)

    @cached_property
    def _loops_to_unroll(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return loops_to_unroll(self.operator, self.constants, self.accelerator)

    @cached_property
    def _orders(self) -> tuple[Order, ...]:
        return orders(self.operator, self._operands, self.accelerator)

    @cached_property
    def _blocks(self) -> Counts:
        return blocks(self.operator, self.constants, self.accelerator)

    @cached_property
    def _kept(self) -> tuple[Operand, ...]:
        """A nest that multiplies nothing keeps what it reduces, and streams the rest."""
        streams = self._operands.filter is None
        return ("psum",) if streams else self.accelerator.operands_kept

    def _chosen(self, tiles: Counts) -> tuple[Counts, Counts]:
        """The figures of each tile with the cheapest order and block, and which these are."""
        candidates = np.concatenate([self._candidates(tiles, order) for order in self._orders], 1)
        choice = (candidates @ picojoules(self.accelerator).sum(axis=1)).argmin(axis=1)
        return candidates[np.arange(len(tiles)), choice], choice

    def _candidates(self, tiles: Counts, order: Order) -> Counts:
        """The figures of every tile with every block: (tiles, blocks, figures)."""
        mapping = self._mapping(tiles, order)
        figures = np.zeros((len(tiles), len(self._blocks), FIGURES), dtype=np.int64)
        operations = product(mapping.extents)
        cycles = product(mapping.cycles_of(loop) for loop in range(tiles.shape[1]))
        figures[..., OPERATIONS] = operations
        figures[..., MACS] = operations if self.operator.macs else 0
        figures[..., CYCLES] = ceil_div(cycles, self.accelerator.macs_per_pe)
        self._count_inputs(figures, mapping)
        self._count_results(figures, mapping)
        return figures

    def _mapping(self, tiles: Counts, order: Order) -> Mapping:
        side_by_side = unrolled(tiles, self._loops_to_unroll, self.accelerator)
        left = ceil_div(tiles, side_by_side)
        loops = range(tiles.shape[1])
        return Mapping(
            [tiles[:, [i]] for i in loops],
            [side_by_side[:, [i]] for i in loops],
            [np.minimum(self._blocks[None, :, i], left[:, [i]]) for i in loops],
            order,
        )

    def _count_inputs(self, figures: Counts, mapping: Mapping) -> None:
        """Each enters the array from the buffer, hops from PE to PE, and is read for every MAC."""
        for operand, access in self._inputs:
            fetches = self._fetches(mapping, operand, access)
            figures[..., column("buffer", operand)] += fetches.array
            figures[..., column("array_network", operand)] += fetches.pes
            if operand in self._kept:
                figures[..., column("register_file", operand)] += (
                    fetches.pes + figures[..., OPERATIONS]
                )

    def _count_results(self, figures: Counts, mapping: Mapping) -> None:
        """A psum that leaves before it is finished comes back: one more write and read."""
        psums = self._fetches(mapping, "psum", self._operands.psum)
        results = distinct(mapping, self._operands.psum)
        again = psums.array - results
        figures[..., column("buffer", "psum")] = 2 * again
        figures[..., column("buffer", "result")] = results
        figures[..., column("array_network", "psum")] = psums.pes + again
        if "psum" in self._kept and any(self.operator.reduction):
            figures[..., column("register_file", "psum")] = 2 * figures[..., OPERATIONS]
        for access in self._operands.late:
            figures[..., column("buffer", "result")] += distinct(mapping, access)
            figures[..., column("array_network", "result")] += distinct(mapping, access)

    def _fetches(self, mapping: Mapping, operand: Operand, access: Access) -> Fetches:
        kept = operand in self._kept
        return (fetches_kept if kept else fetches_for_every_mac)(mapping, access)


@lru_cache(maxsize=2**14)
def array_nest(
    operator: Operator, accelerator: Accelerator, constants: frozenset[str] = frozenset()
) -> ArrayNest:
    """The nest of an operator on an array; one and the same for all operators of one geometry."""
    names = dict[str, str]()

    def renamed(access: Access) -> Access:
        return replace(access, tensor=names.setdefault(access.tensor, f"t{len(names)}"))

    reads = tuple(map(renamed, operator.reads))
    plain = replace(operator, name="", reads=reads, write=renamed(operator.write))
    known = frozenset(names[name] for name in constants if name in names)
    return _array_nest(plain, known, accelerator)


@lru_cache(maxsize=4096)
def _array_nest(
    operator: Operator, constants: frozenset[str], accelerator: Accelerator
) -> ArrayNest:
    return ArrayNest(operator, constants, accelerator)


__all__ = ["ArrayNest", "Placement", "array_nest"]
