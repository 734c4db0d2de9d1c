"""Partial sums spilled to DRAM: an operator in parts, where that moves less than any one schedule.

Every part is an operator with a schedule of its own. All parts but the last leave partial sums of
the accumulators' width in DRAM, all but the first read them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from optimus_mlir.cost import Price, Schedule, floor_bytes, least_bytes_alone
from optimus_mlir.fusion.schedules import Choice, best_schedule
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Split, split_graph
from optimus_mlir.workload.splitting import attention_of, can_split, even_sizes

Kind = tuple[int, bool, bool]  # of a part: its size, whether it is the first, whether the last


def cheapest_spilled(group: Graph, accelerator: Accelerator, below: float) -> Choice | None:
    """The cheapest way to split an operator alone; None if all move `below` bytes or more."""
    if math.isinf(below):  # it does not fit in one, nor then in parts
        return None
    best: Choice | None = None
    for split in splits_of(group):
        limit = below if best is None else best.price.dram_bytes
        if floor_bytes(group, accelerator) + _spilled_bytes(group, accelerator, split) < limit:
            best = _cheapest_parts(group, accelerator, split, limit) or best
    return best


def splits_of(group: Graph) -> Iterator[Split]:
    """2, 3, 4, 6, 8, 12, .. nearly equal parts of every loop that can be split."""
    (operator,) = group.operators
    for loop, extent in enumerate(operator.extents):
        if can_split(group, operator, loop):
            for parts in _numbers_of_parts(extent):
                yield Split(operator.name, loop, even_sizes(extent, parts))


def _numbers_of_parts(most: int) -> Iterator[int]:
    """Powers of two, and what lies in the middle between two of them."""
    exponents = range(1, most.bit_length())
    numbers = (number for e in exponents for number in (2**e, 2**e * 3 // 2))
    return (number for number in numbers if number <= most)


def parts_of(group: Graph, split: Split) -> list[Graph]:
    """Every part as a group of its own; the parts of an attention as one."""
    network = split_graph(group, [split])
    if attention_of(group, split) is not None:
        return [network]
    return [network.group([operator]) for operator in network.operators]


def _spilled_bytes(group: Graph, accelerator: Accelerator, split: Split) -> int:
    (operator,) = group.operators
    sums = group.tensors[operator.write.tensor].elements * accelerator.accumulator_bytes
    return 2 * (len(split.sizes) - 1) * sums


def _cheapest_parts(
    group: Graph, accelerator: Accelerator, split: Split, below: float
) -> Choice | None:
    """The best schedule for each part; parts of one kind cost the same, and have the same."""
    parts = parts_of(group, split)
    kinds = list(_kinds(split))
    example = {kind: part.canonical() for kind, part in zip(kinds, parts, strict=True)}
    least = {kind: least_bytes_alone(part, accelerator) for kind, part in example.items()}
    total = sum(least[kind] for kind in kinds)
    found: dict[Kind, Choice] = {}
    for kind, count in Counter(kinds).most_common():
        others = total - count * least[kind]
        choice = best_schedule(example[kind], accelerator, (below - others) / count)
        if choice is None:
            return None
        total = others + count * choice.price.dram_bytes
        found[kind] = choice
    return together(split, parts, [found[kind] for kind in kinds])


def _kinds(split: Split) -> Iterator[Kind]:
    last = len(split.sizes) - 1
    for number, size in enumerate(split.sizes):
        yield size, number == 0, number == last


def together(split: Split, parts: Sequence[Graph], choices: Sequence[Choice]) -> Choice:
    """What the parts cost together, by the names of the group and of its partial sums."""
    reads, writes = Counter[str](), Counter[str]()
    for part, choice in zip(parts, choices, strict=True):
        names = {canonical: name for name, canonical in part.canonical_names.items()}
        reads.update({names[n]: count for n, count in choice.price.dram_read_bytes.items()})
        writes.update({names[n]: count for n, count in choice.price.dram_write_bytes.items()})
    footprint = max(choice.price.footprint_bytes for choice in choices)
    macs = sum(choice.price.macs for choice in choices)
    return Choice(Schedule(), Price(reads, writes, footprint, macs), split, tuple(choices))
