"""The on-line solver: near-optimal in time that grows in proportion to the number of operators."""

from __future__ import annotations

from optimus_mlir.fusion import baselines
from optimus_mlir.fusion.greedy import merged
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.runs import cut_into_runs, orders
from optimus_mlir.fusion.solution import Partition, Patience, Solution
from optimus_mlir.fusion.stretch import Stretch


def online(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """The best of a few quick plans, with every merge that still pays.

    The quick plans: runs along two topological orders, and the baselines, so that none of those is
    ever better.
    """
    stretch = Stretch(prices.graph, operators)
    plans: list[Partition] = []
    for order in orders(stretch):
        plans.append(cut_into_runs(prices, [(operators[i],) for i in order], patience))
        if patience.is_over():
            break
    for baseline in (
        baselines.chain,
        baselines.elementwise,
        baselines.greedy,
        baselines.row,
    ):
        if patience.is_over():
            break
        plans.append(baseline(prices, operators, patience).partition)
    best = min(plans, key=prices.total)
    return Solution(merged(prices, stretch, best, patience))
