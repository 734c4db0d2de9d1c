"""What a PE works on from its register file: candidate blocks, and the order of the loops around.

Loops that do not index an operand are those over which it is reused. There are three kinds, one
for each operand; a block is a box of powers of two over one loop of each kind, and the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from optimus_mlir.cost.roles import Operands, operands_of, roles_of
from optimus_mlir.cost.unrolling import Counts
from optimus_mlir.target import Accelerator, Dataflow, Operand
from optimus_mlir.workload import Access, Operator

INNERMOST: dict[Dataflow, Operand] = {
    "row-stationary": "filter",
    "weight-stationary": "filter",
    "output-stationary": "psum",
    "no-local-reuse": "psum",
}
"""The operand that rests while the innermost loops run: they do not index it."""

Order = tuple[int, ...]  # loops, outermost first


def reuse_loops(operator: Operator, operands: Operands) -> dict[Operand, tuple[int, ...]]:
    """The loops that do not index an operand, each loop for one operand only; in nest order."""
    indexed: dict[Operand, frozenset[int]] = {
        "psum": operands.psum.loops,
        "filter": operands.filter.loops if operands.filter else frozenset(),
        "ifmap": frozenset[int]().union(*(access.loops for access in operands.ifmaps)),
    }
    reused: dict[Operand, tuple[int, ...]] = {}
    taken: set[int] = set()
    for operand, loops in indexed.items():
        rest = (i for i in range(len(operator.extents)) if i not in loops and i not in taken)
        reused[operand] = tuple(rest)
        taken.update(reused[operand])
    return reused


def orders(operator: Operator, operands: Operands, accelerator: Accelerator) -> tuple[Order, ...]:
    """The orders of the loops around the register files that the dataflow allows.

    Where nothing is multiplied there is no dataflow but to finish one result after the other.
    """
    reused = reuse_loops(operator, operands)
    rests = "psum" if operands.filter is None else INNERMOST[accelerator.dataflow]
    innermost = reused.pop(rests)
    one, other = reused.values()
    free = set(one) | set(other) | set(innermost)
    outermost = tuple(i for i in range(len(operator.extents)) if i not in free)
    both = (*outermost, *one, *other, *innermost), (*outermost, *other, *one, *innermost)
    matters = len(accelerator.operands_kept) > 1 and one and other
    return both if matters else both[:1]


def blocks(operator: Operator, constants: frozenset[str], accelerator: Accelerator) -> Counts:
    """Blocks that fit the register file, one per row: one element a loop, and all maximal ones."""
    operands = operands_of(operator, constants)
    count = len(operator.extents)
    ones = (1,) * count
    if len(accelerator.operands_kept) < 2 or operands.filter is None:
        return np.array([ones], dtype=np.int64)  # nothing to gain: a MAC waits for what is not kept
    fitting = _Fitting(operator, operands, accelerator)
    loops = _main_loops(operator, constants)
    bases = [base for base in _kernels(operator, constants, accelerator) if fitting(base)]
    grown = [block for base in bases for block in _grown(fitting, loops, base)]
    return np.array(list(dict.fromkeys([ones, *grown])), dtype=np.int64)


class _Fitting:
    """Whether a block of the operands that are kept fits a register file."""

    def __init__(self, operator: Operator, operands: Operands, accelerator: Accelerator) -> None:
        self.operator = operator
        self.operands = operands
        self.capacity_bytes = accelerator.register_file_bytes
        assert operands.filter is not None
        width = {"psum": accelerator.accumulator_bytes}
        accesses = [("ifmap", access) for access in operands.ifmaps]
        accesses += [("filter", operands.filter), ("psum", operands.psum)]
        self.kept = [
            (access, width.get(operand, accelerator.element_bytes))
            for operand, access in accesses
            if operand in accelerator.operands_kept
        ]

    def __call__(self, block: Sequence[int]) -> bool:
        size = sum(_elements(access, block) * width for access, width in self.kept)
        return size <= self.capacity_bytes


def _elements(access: Access, block: Sequence[int]) -> int:
    spans = (
        min(
            1 + sum(abs(index.coefficients[i]) * (block[i] - 1) for i in index.loops),
            math.prod(block[i] for i in index.loops),
        )
        for index in access.indices
    )
    return math.prod(spans)


def _kernels(
    operator: Operator, constants: frozenset[str], accelerator: Accelerator
) -> Iterator[tuple[int, ...]]:
    """Without the kernel (unless row-stationary), with a row of it, with all of it."""
    roles = roles_of(operator, constants)
    parts: list[tuple[str, ...]] = [("kernel-columns",), ("kernel-columns", "kernel-rows")]
    if accelerator.dataflow != "row-stationary":
        parts.insert(0, ())
    for part in parts:
        pairs = zip(roles, operator.extents, strict=True)
        yield tuple(extent if role in part else 1 for role, extent in pairs)


def _main_loops(operator: Operator, constants: frozenset[str]) -> tuple[int, ...]:
    """The longest loop over which each operand is reused, kernels aside."""
    roles = roles_of(operator, constants)
    reused = reuse_loops(operator, operands_of(operator, constants))
    candidates = [
        [i for i in loops if not roles[i].startswith("kernel")] for loops in reused.values()
    ]
    return tuple(max(loops, key=lambda i: operator.extents[i]) for loops in candidates if loops)


def _grown(
    fits: _Fitting, loops: tuple[int, ...], base: tuple[int, ...]
) -> Iterable[tuple[int, ...]]:
    """All blocks that fit and of which no loop can be doubled."""
    frontier, maximal = {base}, dict[tuple[int, ...], None]()
    while frontier:
        larger: set[tuple[int, ...]] = set()
        for block in sorted(frontier):
            doubled = [b for i in loops if (b := _doubled(fits, block, i))]
            larger.update(doubled)
            if not doubled:
                maximal[block] = None
        frontier = larger
    return maximal


def _doubled(fits: _Fitting, block: tuple[int, ...], loop: int) -> tuple[int, ...] | None:
    """The block with twice as much of a loop, cut at its extent; None if that does not fit."""
    extent = fits.operator.extents[loop]
    if block[loop] >= extent:
        return None
    larger = (*block[:loop], min(2 * block[loop], extent), *block[loop + 1 :])
    return larger if fits(larger) else None
