"""The cheapest way to cut one order of the operators into runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.fusion.solution import Partition, Patience
from optimus_mlir.fusion.stretch import Stretch, bits

# Runs that end at one operator grow until so many in turn did not help: a residual block has
# three operators that pay only together with the fourth.
MOST_FAILURES = 4
LONGEST = 24  # so that the time grows with the number of operators, not with its square

Accepts = Callable[[Operators, Choice], bool]


def cut_into_runs(
    prices: GroupPrices,
    order: Sequence[Operators],
    patience: Patience,
    accepts: Accepts = lambda _run, _choice: True,
    *,
    is_exact: bool = False,
) -> Partition:
    """Dynamic programming over the ends of runs; `order` is topological, so runs are convex.

    The members of `order` are single operators, or groups that stay together. Runs stop growing
    where that did not help for a while, unless the result is to be exact, and when time is out.
    """
    cost: list[float] = [0]
    begin_of: list[int] = [0]
    best_runs: list[Operators] = [()]
    for end in range(1, len(order) + 1):
        least, begin_of_least, best_run = math.inf, 0, ()
        run: Operators = ()
        failures = 0
        for begin in reversed(range(end)):
            if not is_exact and (failures > MOST_FAILURES or end - begin > LONGEST):
                break
            if end - begin > 1 and patience.is_over():
                break
            failures += 1
            run = (*order[begin], *run)
            choice = prices.best(prices.in_program_order(run), least - cost[begin])
            if choice is not None and (end - begin == 1 or accepts(run, choice)):
                least, begin_of_least, best_run = (
                    cost[begin] + prices.cost(choice.price),
                    begin,
                    run,
                )
                failures = 0
        cost.append(least)
        begin_of.append(begin_of_least)
        best_runs.append(prices.in_program_order(best_run))
    runs: Partition = []
    end = len(order)
    while end:
        runs.append(best_runs[end])
        end = begin_of[end]
    return runs[::-1]


def orders(stretch: Stretch) -> list[list[int]]:
    """Topological orders: that of the program, and one that finishes a branch before the next."""
    program = list(range(len(stretch.operators)))
    deep = depth_first(stretch)
    return [program] if deep == program else [program, deep]


def depth_first(stretch: Stretch) -> list[int]:
    """What became ready last comes next; of those, the first in the program."""
    missing = [needs.bit_count() for needs in stretch.needs]
    ready = [i for i in reversed(range(len(missing))) if not missing[i]]
    order: list[int] = []
    while ready:
        order.append(done := ready.pop())
        for reader in reversed(list(bits(stretch.readers[done]))):
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    return order
