"""How a nest is run: as it is, or over copies of its operands, and in which blocks."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.codegen.blocking import Blocking, VectorUnit, best_blocking, instructions
from optimus_mlir.codegen.nest import Nest, simplified
from optimus_mlir.codegen.packing import Loops, PackedNest, Packing, packed_nests

WORTH_A_SEARCH = 1.4  # instructions per vector of results: the best blocks need 1.1 to 1.4
LEAST = 1.1
LONGER_CODE = 1.15  # what copies must gain to be worth compiling
COPYING = 1.5  # times as long as an instruction between registers


@dataclass(frozen=True)
class Choice:
    """A nest, its copies and its block."""

    nest: Nest
    blocking: Blocking
    packings: tuple[Packing, ...] = ()


def best_choice(
    loops: Loops, lanes: int, unit: VectorUnit, *, combines_lanes: bool
) -> Choice | None:
    """The choice with the fewest instructions; None if no loop can be spread over lanes."""
    nest = simplified(loops)
    blocking = best_blocking(nest, lanes, unit, combines_lanes=combines_lanes)
    if blocking is None:
        return None
    best, fewest = Choice(nest, blocking), instructions(nest, blocking, lanes) / LONGER_CODE
    if not nest.has_reduction or fewest < WORTH_A_SEARCH * nest.iterations / LONGER_CODE:
        return best
    for copies, packed in _cheapest_copies_first(loops, lanes, unit):
        if copies + LEAST * nest.iterations >= fewest:
            return best
        blocking = best_blocking(packed.nest, lanes, unit, combines_lanes=combines_lanes)
        if blocking is None:
            continue
        needed = copies + instructions(packed.nest, blocking, lanes)
        if needed < fewest:
            best, fewest = Choice(packed.nest, blocking, packed.packings), needed
    return best


def _cheapest_copies_first(
    loops: Loops, lanes: int, unit: VectorUnit
) -> list[tuple[float, PackedNest]]:
    """Every packed nest with the instructions that its copies take."""
    known: dict[Packing, float] = {}
    found: dict[Nest, tuple[float, PackedNest]] = {}
    for packed in packed_nests(loops):
        for packing in packed.packings:
            if packing not in known:
                known[packing] = _copying(packing, lanes, unit)
        copies = sum(known[packing] for packing in packed.packings)
        if packed.nest not in found or copies < found[packed.nest][0]:
            found[packed.nest] = copies, packed
    return sorted(found.values(), key=lambda each: each[0])


def _copying(packing: Packing, lanes: int, unit: VectorUnit) -> float:
    nest = packing.copying()
    blocking = best_blocking(nest, lanes, unit, combines_lanes=False)
    assert blocking is not None  # the copy is dense
    return COPYING * instructions(nest, blocking, lanes)
