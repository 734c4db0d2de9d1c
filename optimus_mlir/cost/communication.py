"""What one operator must move through a scratchpad that holds less than its operands.

Claim. An operator multiplies elements of A and B and sums up in C, in N iterations (those in the
padding of A, which touch nothing of it, left out), over a scratchpad of M elements. Let F be the number of values that its other loops take together (below).
Any order of its iterations, any tiling, moves at least

    2 N / sqrt(F M) - 2 M    elements.

Proof. Count a load of an element of C whenever its sum starts from zero: this adds |C| loads, and
since each element of C is stored once at least, loads so counted are no more than loads and stores
together. Cut the execution after every 2M loads. In one part, the elements of A, B and C that are
touched were there before (at most M) or are loaded (2M): a + b + c <= 3M of them.

Fix the values of the other loops. What is left walks three sets of loops: those that index B and
C, but not A; A and C, not B; A and B, not C. A point of them is known by its projections on any
two, so there are at most sqrt(a' b' c') points (Loomis and Whitney, 1949), where a', b', c' count
the elements touched at these values. One of the tensors, B say, has other elements for each value
of the other loops: the b' add up to b, and a' <= a, c' <= c. So a part holds at most
sum sqrt(a b' c) <= sqrt(F a b c) iterations (Cauchy-Schwarz), which is at most sqrt(F) M^(3/2).
There are N iterations, so at least N / (sqrt(F) M^(3/2)) - 1 parts with all of their 2M loads.

Each sum is taken to be in one place at a time and to start from zero once. For a product of
matrices F = 1 and this is the bound of Smith, Lowery, Langou and van de Geijn (2019); for a
convolution with kernel R x S, F = RS, as in Chen et al. (2020), from Hong and Kung (1981).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, permutations, product

from optimus_mlir.cost.floor import floor_bytes
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Access, Graph, Linear, Operator


def least_bytes_alone(group: Graph, accelerator: Accelerator) -> int:
    """DRAM bytes of a group of one operator, at the least, under any schedule that fits."""
    elements = accelerator.scratchpad_bytes // accelerator.element_bytes
    communicated = communicated_elements(group, elements) * accelerator.element_bytes
    return max(floor_bytes(group, accelerator), communicated)


def communicated_elements(group: Graph, capacity: int) -> int:
    """The claim for one operator and `capacity` elements; 0 for an operator that it is not about."""
    (operator,) = group.operators
    if not operator.macs or not capacity:
        return 0
    most = 0.0
    for a, b in permutations(_factors(operator), 2):
        factor = _other_values(operator, a, b)
        if factor is not None and _stays_inside(group, operator, b):
            iterations = _iterations(group, operator, a)
            most = max(most, 2 * iterations / math.sqrt(factor * capacity) - 2 * capacity)
    return math.ceil(most)


def _factors(operator: Operator) -> list[Access]:
    """What every iteration multiplies: merged operators read along the result, once per sum."""
    reduced = {loop for loop, reduces in enumerate(operator.reduction) if reduces}
    return [access for access in operator.reads if access.loops & reduced]


def _other_values(operator: Operator, a: Access, b: Access) -> int | None:
    """F, made as small as can be; None where the proof does not go through."""
    tensors = (a, b, operator.write)
    if a.tensor == b.tensor or any(i.is_of_blocks for i in (*a.indices, *b.indices)):
        return None
    loops = frozenset(range(len(operator.extents)))
    found = (
        math.prod(operator.extents[loop] for loop in others)
        for count in range(len(loops) + 1)
        for others in combinations(sorted(loops), count)
        if _is_proved(tensors, loops - set(others), frozenset(others))
    )
    return min(found, default=None)


def _is_proved(tensors: tuple[Access, ...], walked: frozenset[int], others: frozenset[int]) -> bool:
    """Whether `walked` are three sets as in the proof, and some tensor differs with all `others`."""
    by_two = all(sum(loop in tensor.loops for tensor in tensors) == 2 for loop in walked)
    apart = all(tensor.loops & walked <= set(_alone(tensor, others)) for tensor in tensors)
    return by_two and apart and any(others <= set(_alone(t, frozenset())) for t in tensors)


def _alone(tensor: Access, fixed: frozenset[int]) -> Iterator[int]:
    """Loops that walk a dimension by themselves once the fixed ones stand still."""
    for index in tensor.indices:
        moving = set(index.loops) - fixed
        if len(moving) == 1:
            yield from moving


def _iterations(group: Graph, operator: Operator, a: Access) -> int:
    """Iterations that touch an element of `a`; 0 where a loop walks two of its dimensions."""
    if sum(len(index.loops) for index in a.indices) > len(a.loops):
        return 0
    free = math.prod(n for loop, n in enumerate(operator.extents) if loop not in a.loops)
    shape = group.tensors[a.tensor].shape
    return free * math.prod(
        sum(0 <= value < extent for value in _values(index, operator))
        for index, extent in zip(a.indices, shape, strict=True)
    )


def _stays_inside(group: Graph, operator: Operator, b: Access) -> bool:
    shape = group.tensors[b.tensor].shape
    return all(
        0 <= value < extent
        for index, extent in zip(b.indices, shape, strict=True)
        for value in _values(index, operator)
    )


def _values(index: Linear, operator: Operator) -> Iterator[int]:
    """What an index takes, once for each value of its loops."""
    ranges = (range(operator.extents[loop]) for loop in index.loops)
    for point in product(*ranges):
        terms = zip(index.loops, point, strict=True)
        yield index.constant + sum(index.coefficients[loop] * i for loop, i in terms)
