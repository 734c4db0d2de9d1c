"""What the loops and operands of a nest are to a PE array, read off its access maps.

A loop that both operands of a multiplication share works on separate groups; one that only the
filter has makes output channels; one that only the ifmap has makes output positions. Reductions
are input channels, or the kernel where they share an index with a position (p + r).
"""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.target import Role
from optimus_mlir.workload import Access, Operator


@dataclass(frozen=True)
class Operands:
    """The accesses of a nest: the two that are multiplied, and those that join the finished result.

    A nest without a filter (pooling, elementwise, softmax) multiplies nothing on the array.
    """

    ifmaps: tuple[Access, ...]
    filter: Access | None
    late: tuple[Access, ...]  # bias, residual: no reduction walks them
    psum: Access


def operands_of(operator: Operator, constants: frozenset[str] = frozenset()) -> Operands:
    """The filter is what is constant; else the last operand that no window slides over."""
    reductions = frozenset(i for i, reduced in enumerate(operator.reduction) if reduced)
    early = tuple(a for a in operator.reads if a.loops & reductions or not reductions)
    late = tuple(a for a in operator.reads if a not in early)
    if operator.macs == 0 or len(early) < 2:
        return Operands(early, None, late, operator.write)
    known = [a for a in early if a.tensor in constants]
    plain = [a for a in early[1:] if not _windows(a)] or [a for a in early if not _windows(a)]
    (which,) = (known or plain or list(early))[-1:]
    index = len(early) - 1 - early[::-1].index(which)
    return Operands(early[:index] + early[index + 1 :], which, late, operator.write)


def deciding_constants(operator: Operator, constants: frozenset[str]) -> frozenset[str]:
    """The constants without which another operand would be taken for the filter."""
    read = frozenset(access.tensor for access in operator.reads) & constants
    return frozenset() if operands_of(operator, read) == operands_of(operator) else read


def _windows(access: Access) -> list[tuple[int, ...]]:
    """The indices that are sums over several loops."""
    return [index.loops for index in access.indices if len(index.loops) > 1]


def roles_of(operator: Operator, constants: frozenset[str] = frozenset()) -> tuple[Role, ...]:
    """The role of every loop; only for nests with a filter."""
    operands = operands_of(operator, constants)
    assert operands.filter is not None
    in_ifmap = frozenset[int]().union(*(a.loops for a in operands.ifmaps))
    in_filter = operands.filter.loops
    parallel = [i for i, reduced in enumerate(operator.reduction) if not reduced]
    positions = [i for i in parallel if i in in_ifmap and i not in in_filter]
    roles: dict[int, Role] = dict.fromkeys(positions[:-2], "batch")
    roles |= dict.fromkeys(positions[-2:-1], "output-rows")
    roles |= dict.fromkeys(positions[-1:], "output-columns")
    windows = [loops for a in operands.ifmaps for loops in _windows(a)]
    for loop in range(len(operator.extents)):
        if loop in roles:
            continue
        if not operator.reduction[loop]:
            roles[loop] = _channel_role(loop in in_ifmap, loop in in_filter)
        else:
            roles[loop] = _reduction_role(loop, windows, roles)
    return tuple(roles[loop] for loop in range(len(operator.extents)))


def _channel_role(in_ifmap: bool, in_filter: bool) -> Role:
    if in_ifmap and in_filter:
        return "groups"
    return "output-channels" if in_filter else "batch"


def _reduction_role(loop: int, windows: list[tuple[int, ...]], known: dict[int, Role]) -> Role:
    """A kernel's columns slide along the columns of the output; all other windows are its rows."""
    partners = {known.get(i) for loops in windows if loop in loops for i in loops if i != loop}
    if not partners:
        return "input-channels"
    return "kernel-columns" if "output-columns" in partners else "kernel-rows"
