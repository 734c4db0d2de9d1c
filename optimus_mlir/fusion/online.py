"""The on-line solver: near-optimal in time that grows in proportion to the number of operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from optimus_mlir.fusion import baselines
from optimus_mlir.fusion.crew import ALONE, Crew
from optimus_mlir.fusion.greedy import merged
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.runs import cut_into_runs, orders
from optimus_mlir.fusion.solution import Partition, Patience, Solution, Solver
from optimus_mlir.fusion.stretch import Stretch

BASELINES = (baselines.elementwise, baselines.chain, baselines.greedy, baselines.row)

Way = Callable[[], Partition]


def online(
    prices: GroupPrices, operators: Operators, patience: Patience, crew: Crew = ALONE
) -> Solution:
    """The best of a few quick plans, with every merge that still pays.

    The quick plans: the baselines, so that none of those is ever better, and runs along two
    topological orders. The runs take longest and come last, in case that time is short.
    """
    stretch = Stretch(prices.graph, operators)
    ways: list[Way] = [
        partial(_by, baseline, prices, operators, patience) for baseline in BASELINES
    ]
    for order in orders(stretch):
        one_by_one = [(operators[i],) for i in order]
        ways.append(partial(cut_into_runs, prices, one_by_one, patience))
    best = min(_found(ways, prices, stretch, patience, crew), key=prices.total)
    sets = crew.once(lambda: list(stretch.sets(merged(prices, stretch, best, patience))))
    return Solution([stretch.members(group) for group in sets])


def _by(
    baseline: Solver, prices: GroupPrices, operators: Operators, patience: Patience
) -> Partition:
    return baseline(prices, operators, patience).partition


def _found(
    ways: Sequence[Way], prices: GroupPrices, stretch: Stretch, patience: Patience, crew: Crew
) -> list[Partition]:
    """What the ways lead to, as many as there is time for; runs before baselines."""
    sets: dict[int, list[int]] = {}  # by number of the way, the groups
    for number in crew.share(range(len(ways))):
        if number and patience.is_over():
            break
        sets[number] = list(stretch.sets(ways[number]()))
    for theirs, news in crew.exchange((sets, prices.news())):
        sets = sets | theirs
        prices.add(news)
    numbers = sorted(sets, key=lambda number: (number < len(BASELINES), number))
    return [[stretch.members(group) for group in sets[number]] for number in numbers]
