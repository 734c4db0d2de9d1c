"""Which block of a nest is kept in vector registers: a choice by counted instructions.

A block is `vectors` vectors along one loop times some iterations of up to two parallel loops. Every
iteration of the reductions loads what the block needs and then computes; the more of the block an
operand is shared by, the fewer loads there are per result. (Goto and van de Geijn, Anatomy of
high-performance matrix multiplication, 2008, for any nest.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from optimus_mlir.codegen.nest import Loop, Nest

FACTORS = (2, 3, 4, 5, 6, 7, 8, 10, 12)
MOST_VECTORS = 4
REGISTERS_FOR_OPERANDS = 4
CHAINS_TO_HIDE_LATENCY = 4  # additions in flight on two pipes of latency 2, or one of 4
MOST_SHARED = 4  # iterations of a reduction that stand side by side
LONGER_CODE = 1.1  # what such code must gain to be worth compiling
LANES_SUMMED = 10  # instructions to combine the lanes of one vector


@dataclass(frozen=True)
class VectorUnit:
    """What the CPU's vector instructions work on; `has_masks` if a part of a vector can be stored."""

    vector_bytes: int
    registers: int
    has_masks: bool


@dataclass(frozen=True)
class Blocking:
    """The loop whose iterations are lanes, vectors side by side, and iterations of other loops.

    `shared` is a short reduction all of whose iterations stand in one: in a convolution the rows of
    a filter then share the rows of the input that they read for neighbouring results.
    """

    vector_loop: int
    vectors: int
    unrolled: tuple[tuple[int, int], ...]  # (loop, iterations)
    shared: int | None = None


def best_blocking(
    nest: Nest, lanes: int, unit: VectorUnit, *, combines_lanes: bool
) -> Blocking | None:
    """The block with the fewest instructions per result; None if no loop can be spread over lanes.

    `combines_lanes` says that a reduction may be: partial results are then combined at the end.
    """
    best: tuple[float, Blocking] | None = None
    limit = _register_limit(nest, unit)
    for blocking in _candidates(nest, lanes, limit, combines_lanes=combines_lanes):
        if _registers(blocking) > limit:
            continue
        score = _instructions_per_result(nest, blocking, lanes)
        if blocking.shared is not None:
            score *= LONGER_CODE
        if best is None or score < best[0] - 1e-9:
            best = score, blocking
    return best and best[1]


def instructions(nest: Nest, blocking: Blocking, lanes: int) -> float:
    """How many a nest takes in such blocks, in units of `lanes` instructions."""
    return _instructions_per_result(nest, blocking, lanes) * nest.iterations


def _candidates(nest: Nest, lanes: int, limit: int, *, combines_lanes: bool) -> Iterator[Blocking]:
    parallel = nest.parallel
    for number in _vector_loops(nest, combines_lanes=combines_lanes):
        loop = nest.loops[number]
        most = min(_vectors_of(loop, lanes), MOST_VECTORS) if loop.is_parallel else 1
        others = [n for n in parallel if n != number]
        for vectors in range(1, most + 1):
            for unrolled in itertools.chain([()], zip(others), itertools.combinations(others, 2)):
                factors = [_factors(nest.loops[n]) for n in unrolled]
                for counts in itertools.product(*factors):
                    if vectors * math.prod(counts) >= limit:  # soonest, since most are too large
                        continue
                    blocking = Blocking(number, vectors, tuple(zip(unrolled, counts, strict=True)))
                    yield blocking
                    yield from (replace(blocking, shared=n) for n in _sharing(nest, blocking))


def _sharing(nest: Nest, blocking: Blocking) -> Iterator[int]:
    """Short reductions that move some input by as much as an unrolled loop does."""
    if not nest.loops[blocking.vector_loop].is_parallel:
        return
    for number in nest.reductions:
        if nest.loops[number].extent > MOST_SHARED:
            continue
        for unrolled, _ in blocking.unrolled:
            pairs = zip(nest.loops[number].strides, nest.loops[unrolled].strides, strict=True)
            if any(a == b != 0 for a, b in pairs):
                yield number


def _vector_loops(nest: Nest, *, combines_lanes: bool) -> Sequence[int]:
    """Parallel loops along which results are neighbours, and reductions along which inputs are.

    Only where there are none, results are scattered over any parallel loop.
    """
    parallel = nest.parallel
    found = [n for n in parallel if nest.loops[n].strides[nest.result] == 1]
    if combines_lanes:
        reductions = nest.reductions
        found += [n for n in reductions if 1 in nest.loops[n].strides[: nest.result]]
    return found or parallel


def _vectors_of(loop: Loop, lanes: int) -> int:
    return -(-loop.extent // lanes)


def _factors(loop: Loop) -> list[int]:
    return [factor for factor in FACTORS if factor <= loop.extent]


def _accumulators(blocking: Blocking) -> int:
    return blocking.vectors * math.prod(count for _, count in blocking.unrolled)


def _registers(blocking: Blocking) -> int:
    """For results and one vector of input; for all that wait to be shared, if any do."""
    accumulators = _accumulators(blocking)
    if blocking.shared is None:
        return accumulators + blocking.vectors
    rows = max(count for _, count in blocking.unrolled)
    return accumulators + rows * blocking.vectors


def _register_limit(nest: Nest, unit: VectorUnit) -> int:
    """Without a reduction nothing is gained from large blocks, and code grows."""
    if nest.has_reduction:
        return unit.registers - REGISTERS_FOR_OPERANDS
    return unit.registers // 4


def _instructions_per_result(nest: Nest, blocking: Blocking, lanes: int) -> float:
    """Loads and arithmetic of a block in one reduction iteration, per lane that holds a result."""
    accumulators = _accumulators(blocking)
    instructions = accumulators + _loads(nest, blocking, lanes)
    chains = 1.0
    if nest.has_reduction:
        instructions += _begin_and_end(nest, blocking, lanes)
        chains = max(1.0, CHAINS_TO_HIDE_LATENCY / accumulators)
    return instructions * chains / (accumulators * _useful_share(nest, blocking, lanes))


def _loads(nest: Nest, blocking: Blocking, lanes: int) -> float:
    along = nest.loops[blocking.vector_loop].strides
    total = 0.0
    for operand in range(nest.result if nest.has_reduction else nest.operands):
        distinct = _distinct_rows(nest, blocking, operand)
        if along[operand]:
            distinct *= blocking.vectors
        total += distinct * _load_cost(along[operand], lanes)
    return total


def _distinct_rows(nest: Nest, blocking: Blocking, operand: int) -> float:
    """How many different rows of an operand the block reads in one iteration of its reductions."""
    steps = [(nest.loops[n].strides[operand], count) for n, count in blocking.unrolled]
    if blocking.shared is None:
        return math.prod(count for stride, count in steps if stride)
    loop = nest.loops[blocking.shared]
    steps.append((loop.strides[operand], loop.extent))
    offsets = [[stride * n for n in range(count)] for stride, count in steps]
    return len({sum(each) for each in itertools.product(*offsets)}) / loop.extent


def _load_cost(stride: int, lanes: int) -> float:
    """A scalar for all lanes is cheap to broadcast; stride 2 takes two loads and a shuffle."""
    return {0: 0.5, 1: 1.0, 2: 3.0}.get(stride, lanes)


def _begin_and_end(nest: Nest, blocking: Blocking, lanes: int) -> float:
    """Reading and writing the accumulators, or combining their lanes, per reduction iteration."""
    vector_loop = nest.loops[blocking.vector_loop]
    reductions = [n for n in nest.reductions if n != blocking.vector_loop]
    trips = math.prod(nest.loops[n].extent for n in reductions)
    if vector_loop.is_parallel:
        return 2 * _accumulators(blocking) / trips
    return LANES_SUMMED * _accumulators(blocking) / (trips * _vectors_of(vector_loop, lanes))


def _useful_share(nest: Nest, blocking: Blocking, lanes: int) -> float:
    """How much of all blocks lies inside the nest."""
    loop = nest.loops[blocking.vector_loop]
    covered = _rounded_up(_vectors_of(loop, lanes), blocking.vectors) * lanes
    share = loop.extent / covered
    for number, count in blocking.unrolled:
        extent = nest.loops[number].extent
        share *= extent / _rounded_up(extent, count)
    return share


def _rounded_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
