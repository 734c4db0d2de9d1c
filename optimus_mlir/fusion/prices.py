"""The best schedule of every group that a search asks about, each structure priced once."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from optimus_mlir.cost import Price, Schedule, floor_bytes, stages, touched_elements
from optimus_mlir.cost.nest import nests_of
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.attention import cheapest_in_parts
from optimus_mlir.fusion.costs import Space
from optimus_mlir.fusion.finishing import readable
from optimus_mlir.fusion.frugal import most_frugal
from optimus_mlir.fusion.group_bound import extra_elements
from optimus_mlir.fusion.objective import DRAM_BYTES, Objective
from optimus_mlir.fusion.partition import is_connected
from optimus_mlir.fusion.schedules import Choice, cheapest, smallest_footprint_bytes
from optimus_mlir.fusion.spilling import cheapest_spilled
from optimus_mlir.fusion.tails import Excess, excess_of, is_covered
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Operator
from optimus_mlir.workload.softmax import attention_in

Operators = tuple[Operator, ...]

TAILS = (2, 4, 8, 16, 32)  # last operators of a group: what they show, larger ones need not


@dataclass
class Known:
    """By structure: what the best schedule costs, below which costs there is none, what tails show.

    `searches` for schedules are what it took.
    """

    costs: dict[Hashable, float] = field(default_factory=dict[Hashable, float])
    none_below: dict[Hashable, float] = field(default_factory=dict[Hashable, float])
    excess: dict[Hashable, Excess] = field(default_factory=dict[Hashable, Excess])
    searches: int = 0

    def add(self, more: Known) -> None:
        self.costs |= more.costs
        for key, cost in more.none_below.items():
            self.none_below[key] = max(cost, self.none_below.get(key, 0))
        self.excess |= more.excess
        self.searches += more.searches


class GroupPrices:
    """Remembers the best schedule of every group structure: repeated blocks are priced once."""

    def __init__(
        self,
        graph: Graph,
        accelerator: Accelerator,
        objective: Objective = DRAM_BYTES,
        known: Known | None = None,
        choices: Mapping[Hashable, Choice] | None = None,
    ) -> None:
        self.graph = graph
        self.accelerator = accelerator
        self.objective = objective
        self._structures = _Structures(graph)
        self._works = stages.Known(nests_of(graph))
        self._position = {operator.name: i for i, operator in enumerate(graph.operators)}
        self._choices = dict(choices or {})
        self._known = known or Known()
        self._news = Known()
        self._smallest: dict[Hashable, int] = {}
        self._least: dict[Hashable, float] = {}
        self._floors: dict[Hashable, int] = {}
        self._latest: tuple[Operators, Space] | None = None

    def best(self, operators: Operators, below: float = math.inf) -> Choice | None:
        """The schedule of a group with the least traffic; None if it costs `below` or more.

        The operators are in program order, the cost is that of the objective.

        None too where the operators are no group, since nothing holds them together.
        """
        if self.least_cost(operators) >= below:
            return None
        key = self._structures.key(operators)
        if key not in self._choices:
            is_refused = self._is_refused_by_tails(operators, below)
            choice = None if is_refused else self._search(operators, below)
            news = Known(searches=int(not is_refused))
            if choice is None:
                news.none_below[key] = below
            else:
                self._choices[key] = choice
                news.costs[key] = self.cost(choice.price)
            self._learn(news)
        choice = self._choices.get(key)
        return choice if choice is not None and self.cost(choice.price) < below else None

    def cost_below(self, operators: Operators, below: float) -> float:
        """What the best schedule of a group costs; infinite if that is `below` or more."""
        key = self._structures.key(operators)
        if key not in self._known.costs:
            self.best(operators, below)
        cost = self._known.costs.get(key, math.inf)
        return cost if cost < below else math.inf

    def least_cost(self, operators: Operators) -> float:
        """What a group costs at the least: its price, as far as it is known already."""
        key = self._structures.key(operators)
        if key in self._known.costs:
            return self._known.costs[key]
        if key not in self._least:
            self._least[key] = self._bound(operators)
        return max(self._known.none_below.get(key, 0), self._least[key])

    def _bound(self, operators: Operators) -> float:
        """What no schedule of a group comes below; infinite if none fits."""
        group = self.graph.group(operators)
        if not group.outputs or not is_connected(group):
            return math.inf
        floor = self.floor(operators) // self.accelerator.element_bytes
        several = len(group.operators) > 1 and attention_in(group) is None
        extra = extra_elements(group, self._touched, self.accelerator) if several else 0
        return (floor + extra) * self.cost_per_element

    def excess(self, operators: Operators, inner: Operators = ()) -> float:
        """What every larger group with this tail costs beyond its floor, at least: see `tails`.

        It is found sooner if that of an `inner` tail of the tail is known.
        """
        group = self.graph.group(operators)
        if not is_covered(group, self.graph):
            return 0
        key = self._tail_key(operators)
        if key not in self._known.excess:
            known = self._known.excess.get(self._tail_key(inner))
            found = excess_of(self._space(operators), self._read_again, known)
            self._learn(Known(excess={key: found}))
        return self._known.excess[key].least * self.objective.per_dram_byte

    def _tail_key(self, operators: Operators) -> Hashable:
        """Equal for tails of equal structure of whose operands the same have several readers."""
        reads = (access.tensor for operator in operators for access in operator.reads)
        again = tuple(name in self._read_again for name in reads)
        return self._structures.key(operators), again

    @cached_property
    def _read_again(self) -> frozenset[str]:
        """What several operators read: one of them may be in a tail, and others not."""
        consumers = self.graph.consumers.items()
        return frozenset(name for name, readers in consumers if len(readers) > 1)

    def _is_refused_by_tails(self, operators: Operators, below: float) -> bool:
        """Whether the last operators show that the group costs `below` or more."""
        tails = [operators[-count:] for count in TAILS if count < len(operators)]
        if not tails or attention_in(self.graph.group(operators)) is not None:
            return False
        room = below - self.floor(operators) * self.objective.per_dram_byte
        return any(self.excess(t, inner) >= room for inner, t in pairwise([(), *tails]))

    def in_less(self, scratchpad_bytes: int) -> GroupPrices:
        """The prices for a smaller scratchpad; what is known and still fits is still the best.

        What moves too much in this scratchpad moves too much in a smaller one. With other objectives
        that is not known: the schedule with the least traffic need not be the one with the least cost.
        """
        assert scratchpad_bytes <= self.accelerator.scratchpad_bytes
        accelerator = self.accelerator.model_copy(update={"scratchpad_bytes": scratchpad_bytes})
        fitting = {
            key: choice
            for key, choice in self._choices.items()
            if choice.price.footprint_bytes <= scratchpad_bytes
        }
        moves_more = self.objective is DRAM_BYTES
        costs = {key: self.cost(choice.price) for key, choice in fitting.items()}
        known = Known(costs, dict(self._known.none_below) if moves_more else {})
        return GroupPrices(self.graph, accelerator, self.objective, known, fitting)

    @property
    def searches(self) -> int:
        """Schedule searches done so far: what takes the time."""
        return self._known.searches

    def _learn(self, news: Known) -> None:
        self.add(news)
        self._news.add(news)

    def add(self, found: Known) -> None:
        """What another process found about the same network on the same accelerator."""
        self._known.add(found)

    def news(self) -> Known:
        """What was found here since this was asked the last time."""
        news, self._news = self._news, Known()
        return news

    def _search(self, operators: Operators, below: float) -> Choice | None:
        space = self._space(operators)
        whole = self._in_one(operators, below)
        if self.objective is not DRAM_BYTES:
            return whole
        below = below if whole is None else whole.price.dram_bytes
        in_parts = cheapest_in_parts if len(operators) > 1 else cheapest_spilled
        return in_parts(space.group.canonical(), self.accelerator, below) or whole

    def _in_one(self, operators: Operators, below: float) -> Choice | None:
        """The best schedule that splits no operator."""
        group = self._space(operators).group
        best = self._best_of(operators, below)
        if best is None:
            return None
        canonical = group.canonical()
        choice = Choice.of(canonical, best.renamed(group.canonical_names), self.accelerator)
        exact = self.objective is DRAM_BYTES
        return choice if exact else readable(canonical, choice, self.accelerator)

    def _space(self, operators: Operators) -> Space:
        """The one that was asked for last is known: a search in vain is followed by another question."""
        if self._latest is None or self._latest[0] != operators:
            group = self.graph.group(operators)
            reads_alike = all(a is b for a, b in zip(group.operators, operators, strict=True))
            known = self._works if reads_alike else None  # a live-in may be read in another shape
            space = Space(group, self.accelerator, known)
            self._latest = operators, space
        return self._latest[1]

    def _best_of(self, operators: Operators, below: float) -> Schedule | None:
        space = self._space(operators)
        if self.objective is DRAM_BYTES:
            excess = self._known.excess.get(self._tail_key(operators))
            return cheapest(space, below, excess and excess.by_kind)
        return most_frugal(space, self.objective, below)

    @cached_property
    def _touched(self) -> dict[tuple[str, str], int]:
        return touched_elements(self.graph)

    def structure(self, operators: Operators) -> Hashable:
        """Equal for groups of equal structure, whose schedules and prices are the same."""
        return self._structures.key(operators)

    def in_program_order(self, operators: Iterable[Operator]) -> Operators:
        return tuple(sorted(operators, key=lambda operator: self._position[operator.name]))

    def cost(self, price: Price) -> float:
        return self.objective.of(price)

    def total(self, partition: Iterable[Operators]) -> float:
        """What a plan costs; infinite if one of its groups has no schedule."""
        return sum(self.cost_below(group, math.inf) for group in partition)

    @property
    def cost_per_element(self) -> float:
        """What it costs at the least to move an element."""
        return self.objective.per_dram_byte * self.accelerator.element_bytes

    def smallest_footprint_bytes(self, operator: Operator) -> int:
        """The smallest scratchpad in which the operator runs alone."""
        group = self.graph.group((operator,))
        if not group.outputs:
            raise OptimusError(f"{operator.name}: nothing needs its result: remove it")
        key = self._structures.key((operator,))
        if key not in self._smallest:
            smallest = smallest_footprint_bytes(group.canonical(), self.accelerator)
            assert smallest is not None  # it need not be tiled
            self._smallest[key] = smallest
        return self._smallest[key]

    def floor(self, operators: Operators) -> int:
        """Compulsory traffic of a group, in DRAM bytes."""
        key = self._structures.key(operators)
        if key not in self._floors:
            self._floors[key] = floor_bytes(self.graph.group(operators), self.accelerator)
        return self._floors[key]


class _Structures:
    """Keys that are equal for groups of equal structure, cheaper than `Graph.signature`.

    They depend on nothing but the network.
    """

    def __init__(self, graph: Graph) -> None:
        self._nests: dict[Hashable, int] = {}
        self._tensors = {
            name: self._number(("tensor", tensor.shape, tensor.constant, tensor.is_partial_sum))
            for name, tensor in graph.tensors.items()
        }
        self._operators = {o.name: self._nest(o) for o in graph.operators}
        self._reads = {o.name: tuple(a.tensor for a in o.reads) for o in graph.operators}
        self._wanted = frozenset(graph.outputs)
        self._readers = {
            o.name: frozenset(reader.name for reader in graph.consumers[o.write.tensor])
            for o in graph.operators
        }

    def key(self, operators: Operators) -> Hashable:
        """Nests, which tensors they share, and which of those are live-outs."""
        members = {operator.name for operator in operators}
        places: dict[str, int] = {}
        live_ins = 0
        key: list[int] = []
        for i, operator in enumerate(operators):
            key.append(self._operators[operator.name])
            for name in self._reads[operator.name]:
                if name not in places:
                    live_ins += 1
                    places[name] = -live_ins
                    key.append(self._tensors[name])
                key.append(places[name])
            result = operator.write.tensor
            places[result] = i
            key.append(result in self._wanted or not self._readers[operator.name] <= members)
        return tuple(key)

    def _nest(self, operator: Operator) -> int:
        reads = tuple(access.indices for access in operator.reads)
        result = self._tensors[operator.write.tensor]
        nest = (operator.extents, operator.reduction, operator.multiplies)
        sums = (operator.epilogue_reads, operator.accumulates_in_place, operator.adds_up)
        written = operator.write.indices, operator.body, result
        return self._number((*nest, *sums, reads, *written))

    def _number(self, structure: Hashable) -> int:
        return self._nests.setdefault(structure, len(self._nests))
