"""Steps at which some result is complete already: what only it wants neither comes nor is computed."""

from dataclasses import replace

import pytest
from loop_nests import BYTES, access, priced

from optimus_mlir.cost import Keep, Schedule, Tile, Unschedulable, build_program, price
from optimus_mlir.cost.steps import steps_of
from optimus_mlir.workload import Graph, Operator, Tensor

STEPS = Tile(0, 1), Tile(1, 2)
"""Over 3 rows and 4 columns of the root. A result of 2 rows has one at two of the three steps."""


def scaled(name: str, rows: int, weights: str = "w", columns: int = 4) -> Operator:
    """`name[h, k] = x[h] * weights[k]`."""
    reads = access("x", "hk", "h"), access(weights, "hk", "k")
    return Operator(name, (rows, columns), (False, False), reads, access(name, "hk", "h", "k"))


ROOT = scaled("root", 3, "u")


def group(*operators: Operator, **inside: tuple[int, ...]) -> Graph:
    """All results leave, but those named as `inside`, which have a shape."""
    shapes = {"x": (3,), "w": (4,), "u": (4,), "y": (8,), **inside}
    shapes |= {o.name: o.extents for o in operators if o.name not in inside}
    read = {a.tensor for o in operators for a in (*o.reads, o.write)}
    tensors = {name: Tensor(name, shape) for name, shape in shapes.items() if name in read}
    outputs = tuple(o.write.tensor for o in operators if o.name not in inside)
    return Graph(operators, tensors, outputs)


def test_nothing_comes_while_all_readers_are_idle() -> None:
    """The columns of w that a column step wants come at each row step at which somebody works."""
    assert reads(scaled("p", 2), ROOT) == 2 * 4
    assert reads(scaled("p", 2), scaled("q", 2), ROOT) == 2 * 4
    assert reads(scaled("p", 1), scaled("q", 2), ROOT) == 2 * 4
    assert reads(scaled("p", 2), scaled("q", 3), ROOT) == 3 * 4


def reads(*operators: Operator) -> int:
    return priced(group(*operators), *STEPS).dram_read_bytes["w"]


def test_nothing_is_computed_while_its_reader_is_idle() -> None:
    """w is the sums of pairs of y, two columns of it a step."""
    pairs = access("y", "kr", {"k": 2, "r": 1})
    sums = Operator("w", (4, 2), (False, True), (pairs,), access("w", "kr", "k"))
    graph = group(sums, scaled("p", 2), ROOT, w=(4,))
    cost = priced(graph, *STEPS)
    assert cost.macs == 2 * 8
    assert cost.dram_read_bytes["y"] == 2 * 8
    steps = steps_of(build_program(graph, Schedule(STEPS)), BYTES)
    assert sum(step.count for step in steps if sums in [w.operator for w in step.works]) == 2 * 2


def test_a_window_does_not_move_while_its_reader_is_idle() -> None:
    """Two of four columns of y are kept for the next column step, at two of three row steps."""
    reads = access("x", "hkr", "h"), access("y", "hkr", {"k": 1, "r": 1})
    sums = Operator("sums", (2, 4, 3), (False, False, True), reads, access("sums", "hkr", "h", "k"))
    graph = group(sums, ROOT, y=(6,), sums=(2, 4))
    graph = replace(graph, outputs=("sums", "root"))
    program = build_program(graph, Schedule(STEPS, (Keep("y", 1),)))
    assert sum(step.count * step.moved_bytes for step in steps_of(program, BYTES)) == 2 * 2


def test_readers_that_are_idle_along_different_loops_are_refused() -> None:
    """One has rows at two of three steps, the other columns at one of two: no guard is both."""
    short, narrow = scaled("p", 2), scaled("q", 3, columns=1)
    both = group(*(with_constant(o) for o in (short, narrow)), ROOT)
    with pytest.raises(Unschedulable, match="different steps of the loops d0 and d1"):
        price(both, Schedule(STEPS), BYTES)


def test_a_reader_of_padding_is_idle_too() -> None:
    """One has no row at the last step, the other sees only padding of w at the first columns."""
    reads = access("x", "hk", "h"), access("w", "hk", {"k": 1, "": -2})
    late = Operator("late", (3, 4), (False, False), reads, access("late", "hk", "h", "k"))
    assert price(group(late, ROOT), Schedule(STEPS), BYTES).dram_read_bytes["w"] == 3 * 2
    with pytest.raises(Unschedulable, match="different steps of the loops d0 and d1"):
        price(group(scaled("p", 2), late, ROOT), Schedule(STEPS), BYTES)


def with_constant(operator: Operator) -> Operator:
    """It reads all of c, too."""
    reads = (*operator.reads, access("y", "hk", {"": 0}))
    return Operator(operator.name, operator.extents, operator.reduction, reads, operator.write)
