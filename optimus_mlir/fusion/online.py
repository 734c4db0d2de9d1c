"""The on-line solver: near-optimal in time that grows in proportion to the number of operators."""

from __future__ import annotations

from optimus_mlir.fusion import baselines
from optimus_mlir.fusion.greedy import merged
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.runs import cut_into_runs, orders
from optimus_mlir.fusion.solution import Partition, Patience, Solution
from optimus_mlir.fusion.stretch import Stretch

BASELINES = (baselines.elementwise, baselines.chain, baselines.greedy, baselines.row)


def online(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """The best of a few quick plans, with every merge that still pays.

    The quick plans: the baselines, so that none of those is ever better, and runs along two
    topological orders. The runs take longest and come last, in case that time is short.
    """
    stretch = Stretch(prices.graph, operators)
    quick: list[Partition] = []
    for baseline in BASELINES:
        if quick and patience.is_over():
            break
        quick.append(baseline(prices, operators, patience).partition)
    runs: list[Partition] = []
    for order in orders(stretch):
        if patience.is_over():
            break
        runs.append(cut_into_runs(prices, [(operators[i],) for i in order], patience))
    best = min([*runs, *quick], key=prices.total)
    return Solution(merged(prices, stretch, best, patience))
