"""How a nest is run: as it is, or over copies of its operands, and in which blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optimus_mlir.codegen.blocking import Blocking, VectorUnit, best_blocking, instructions
from optimus_mlir.codegen.nest import Nest, simplified
from optimus_mlir.codegen.packing import Loops, PackedNest, Packing, packed_nests

WORTH_A_SEARCH = 1.4  # instructions per vector of results: the best blocks need 1.1 to 1.4
LEAST = 1.1
LONGER_CODE = 1.15  # what copies must gain to be worth compiling
COPYING = 1.5  # times as long as an instruction between registers
MOST_ELEMENTS = 1 << 16  # of one copy: it is to stay in a core's second cache, and is on the stack
MOST_KEPT_ELEMENTS = 1 << 17  # of one that is made once for many calls, and not on the stack


@dataclass(frozen=True)
class Choice:
    """A nest, its copies and its block."""

    nest: Nest
    blocking: Blocking
    packings: tuple[Packing, ...] = ()


def best_choice(
    loops: Loops,
    lanes: int,
    unit: VectorUnit,
    *,
    combines_lanes: bool,
    may_pack: bool = True,
    steady: Mapping[int, float] | None = None,
) -> Choice | None:
    """The choice with the fewest instructions; None if no loop can be spread over lanes.

    `steady` says of some operands for how many runs of the nest one copy would do.
    """
    nest = simplified(loops)
    blocking = best_blocking(nest, lanes, unit, combines_lanes=combines_lanes)
    if blocking is None:
        return None
    best, fewest = Choice(nest, blocking), instructions(nest, blocking, lanes) / LONGER_CODE
    if not may_pack or not nest.has_reduction:
        return best
    if fewest < WORTH_A_SEARCH * nest.iterations / LONGER_CODE:
        return best
    for copies, packed in _cheapest_copies_first(loops, lanes, unit, steady or {}):
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
    loops: Loops, lanes: int, unit: VectorUnit, steady: Mapping[int, float]
) -> list[tuple[float, PackedNest]]:
    """Every packed nest with the instructions that its copies take, for one run of it."""
    known: dict[Packing, float] = {}
    found: dict[Nest, tuple[float, PackedNest]] = {}
    for packed in packed_nests(loops):
        if any(packing.elements > _most_elements(packing, steady) for packing in packed.packings):
            continue
        for packing in packed.packings:
            if packing not in known:
                runs = steady.get(packing.operand, 1.0)
                known[packing] = _copying(packing, lanes, unit) / runs
        copies = sum(known[packing] for packing in packed.packings)
        if packed.nest not in found or copies < found[packed.nest][0]:
            found[packed.nest] = copies, packed
    return sorted(found.values(), key=lambda each: each[0])


def _most_elements(packing: Packing, steady: Mapping[int, float]) -> int:
    return MOST_KEPT_ELEMENTS if packing.operand in steady else MOST_ELEMENTS


def _copying(packing: Packing, lanes: int, unit: VectorUnit) -> float:
    nest = packing.copying()
    blocking = best_blocking(nest, lanes, unit, combines_lanes=False)
    assert blocking is not None  # the copy is dense
    return COPYING * instructions(nest, blocking, lanes)
