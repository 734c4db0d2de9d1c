"""All prefixes of a stretch, and how little each group between two of them can move."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from optimus_mlir.fusion.stretch import Stretch

Array = np.ndarray[Any, Any]


class Inside(NamedTuple):
    """Prefixes inside another one, the largest first, and what is known of the groups between."""

    begins: Array
    least_elements: Array  # that the group moves
    last: Array  # the number of its last operator


class Lattice:
    """`prefixes` are the downward-closed sets of a stretch (or some of them), small ones first.

    A partition into groups that can run one after the other is a path from the empty prefix to
    the full one: each step adds a group. So the groups are the differences of two prefixes, one
    inside the other, and whatever runs in an order without cycles is such a path.
    """

    def __init__(self, stretch: Stretch, prefixes: list[int]) -> None:
        self.stretch = stretch
        self.prefixes = prefixes
        self.holds = np.array(
            [[p >> i & 1 for i in range(len(stretch.operators))] for p in prefixes], np.float32
        )
        self._written = _Written(stretch)
        self._read = _Read(stretch)

    def below(self, end: int) -> Inside:
        """The prefixes inside number `end`."""
        outer = self.prefixes[end]
        inside = [i for i in reversed(range(end)) if not self.prefixes[i] & ~outer]
        begins = np.array(inside, np.int64)
        members = self.holds[end] - self.holds[begins]
        last = members.shape[1] - 1 - np.argmax(members[:, ::-1], axis=1)
        return Inside(begins, self._written.elements(members) + self._read.elements(members), last)


class _Written:
    """Live-outs: made inside and wanted by the host or by an operator that is not inside."""

    def __init__(self, stretch: Stretch) -> None:
        flows = [f for f in stretch.flows if f.producer is not None]
        self._producer = np.array([f.producer for f in flows], np.int64)
        self._readers = _incidence(stretch, ([r for r, _ in f.readers] for f in flows))
        self._all = np.array([len(f.readers) for f in flows], np.float32)
        self._is_wanted = np.array([f.is_wanted_outside for f in flows], bool)
        self._elements = np.array([f.elements for f in flows], np.float64)

    def elements(self, members: Array) -> Array:
        leaves = self._is_wanted | (members @ self._readers < self._all)
        return (leaves & (members[:, self._producer] > 0)) @ self._elements


class _Read:
    """Live-ins: read inside and not made there; as much as the reader that touches most of it.

    A maximum over readers is a sum over steps: what the least greedy reader touches, then what
    the next one touches beyond that, and so on. What only one operator reads, as most weights, is
    a sum over operators.
    """

    def __init__(self, stretch: Stretch) -> None:
        self._own = np.zeros(len(stretch.operators))
        steps: list[tuple[int | None, list[int], int]] = []
        for flow in stretch.flows:
            if flow.producer is None and len(flow.readers) == 1:
                ((reader, elements),) = flow.readers
                self._own[reader] += elements
                continue
            counts = sorted({0, *(n for _, n in flow.readers)})
            for low, high in pairwise(counts):
                greedy = [r for r, n in flow.readers if n >= high]
                steps.append((flow.producer, greedy, high - low))
        self._made = _incidence(stretch, ([] if p is None else [p] for p, _, _ in steps))
        self._readers = _incidence(stretch, (readers for _, readers, _ in steps))
        self._elements = np.array([n for _, _, n in steps], np.float64)

    def elements(self, members: Array) -> Array:
        enters = (members @ self._readers > 0) & (members @ self._made == 0)
        return enters @ self._elements + members @ self._own


def _incidence(stretch: Stretch, columns: Iterator[list[int]]) -> Array:
    """A column for each list of operators, with ones in its rows."""
    lists = list(columns)
    table = np.zeros((len(stretch.operators), len(lists)), np.float32)
    for column, operators in enumerate(lists):
        table[operators, column] = 1
    return table
