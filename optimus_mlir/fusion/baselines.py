"""How others fuse, on the same cost model: every group gets the best schedule of our space.

Their own schedules are more restricted, so these figures flatter them. Sources: docs/solvers.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimus_mlir.fusion.greedy import merged
from optimus_mlir.fusion.prices import GroupPrices, Operators
from optimus_mlir.fusion.runs import cut_into_runs
from optimus_mlir.fusion.schedules import Choice
from optimus_mlir.fusion.solution import Partition, Patience, Solution
from optimus_mlir.fusion.stretch import Stretch
from optimus_mlir.workload import Operator


def layer_by_layer(_prices: GroupPrices, operators: Operators, _patience: Patience) -> Solution:
    """Every operator alone, under its own best schedule."""
    return Solution(_alone(operators))


def elementwise(prices: GroupPrices, operators: Operators, _patience: Patience) -> Solution:
    """An operator without a reduction joins the producer whose result only it reads."""
    groups: list[Operators] = []
    group_of: dict[str, int] = {}  # by the tensor that a group ends with
    for operator in operators:
        joined = next((group_of[n] for n in _private(prices, operator) if n in group_of), None)
        if (
            joined is None
            or any(operator.reduction)
            or not _gains(prices, groups[joined], operator)
        ):
            joined = len(groups)
            groups.append(())
        groups[joined] = (*groups[joined], operator)
        group_of[operator.write.tensor] = joined
    return Solution(groups)


def chain(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """The cheapest cut of every chain: no branch, no join and no residual read inside a group."""
    chains: list[Operators] = []
    ends: dict[str, int] = {}  # chains by the tensor that they end with
    for operator in operators:
        maps = [a.tensor for a in operator.reads if not prices.graph.tensors[a.tensor].constant]
        number = ends.pop(maps[0], None) if len(maps) == 1 else None
        if number is None or maps[0] not in _private(prices, operator):
            number = len(chains)
            chains.append(())
        chains[number] = (*chains[number], operator)
        ends[operator.write.tensor] = number
    cuts = (cut_into_runs(prices, _alone(each), patience) for each in chains)
    return Solution([run for cut in cuts for run in cut])


def row(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """The cheapest cut of the program order into runs that read and write everything only once.

    Whole rows pass through such a group, their halos and all of its weights stay on chip.
    """

    def moves_once(run: Operators, choice: Choice) -> bool:
        return choice.price.dram_bytes == prices.floor(run)

    return Solution(cut_into_runs(prices, _alone(operators), patience, moves_once))


def contiguous(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """The cheapest cut of the program order into runs, exact over those."""
    return Solution(cut_into_runs(prices, _alone(operators), patience, is_exact=True))


def greedy(prices: GroupPrices, operators: Operators, patience: Patience) -> Solution:
    """Merge the two groups that gain most by it, until nothing is gained."""
    stretch = Stretch(prices.graph, operators)
    return Solution(merged(prices, stretch, _alone(operators), patience))


def _alone(operators: Operators) -> Partition:
    return [(operator,) for operator in operators]


def _private(prices: GroupPrices, operator: Operator) -> Iterator[str]:
    """What the operator reads and nobody else wants."""
    for access in operator.reads:
        is_wanted = access.tensor in prices.graph.outputs
        if not is_wanted and prices.graph.consumers[access.tensor] == (operator,):
            yield access.tensor


def _gains(prices: GroupPrices, group: Operators, operator: Operator) -> bool:
    apart = prices.total([group, (operator,)])
    return prices.best(prices.in_program_order((*group, operator)), apart) is not None
