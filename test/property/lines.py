"""Lines: which indices of a dimension are wanted, and which are on chip, step by step.

Written from the definitions in the glossary and not from `optimus_mlir.cost`: no closed form, no
arrays. Of every dimension of a tensor, each step of one loop wants a set of indices (`Lines`). The
loops around a read are a path. A tensor comes on chip again whenever a loop steps that its lines
depend on, unless it is kept: then lines enter in order and leave when no step from now on wants them.
"""

import itertools
import math
import operator as arithmetic
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.workload import Access, Linear

Indices = frozenset[int]
NONE: Indices = frozenset()


class Senseless(Exception):
    """The schedule means nothing for this group."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The indices of one dimension that each step of `loop` wants, and `whole` in one step.

    Of no loop, always the same.
    """

    at: tuple[Indices, ...]
    loop: "Walk | None"
    whole: Indices


Part = tuple[Lines, ...]  # of a tensor: the product of its dimensions


@dataclass(frozen=True, eq=False)
class Walk:
    """A loop: what each step takes of the dimension that it walks.

    A loop that is an operator's own runs only in those steps around it that want `of` of its result.
    """

    takes: tuple[Indices, ...]
    is_own: bool = False
    of: Part = ()


Path = tuple[Walk, ...]
Step = Mapping[Walk, int]


@dataclass(frozen=True)
class Place:
    """What comes on chip at every step of `loops`."""

    comes: Part
    loops: Path
    home: Path  # the buffer goes with each step of these loops

    def arrivals(self, wanted: Part = ()) -> Iterator[tuple[Indices, ...]]:
        """What comes at each step at which there is some of all that is `wanted`."""
        for step in steps(self.loops):
            if all(at(wanted, step)):
                yield at(self.comes, step)


def steps(path: Path) -> Iterator[Step]:
    """Every step of nested loops that is run."""
    for numbers in itertools.product(*(range(len(walk.takes)) for walk in path)):
        step = dict(zip(path, numbers, strict=True))
        if all(all(at(walk.of, step)) for walk in path):
            yield step


def at(part: Part, step: Step) -> tuple[Indices, ...]:
    return tuple(lines.at[step[lines.loop] if lines.loop else 0] for lines in part)


def size(part: Iterable[Indices]) -> int:
    return math.prod(map(len, part))


def box(indices: Indices) -> Indices:
    return frozenset(range(min(indices), max(indices) + 1)) if indices else NONE


def always(indices: Indices) -> Lines:
    return Lines((indices,), None, indices)


def everything(extent: int) -> Lines:
    return always(frozenset(range(extent)))


# What an operator wants -------------------------------------------------------------------------


def wants(index: Linear, loops: Sequence[Lines], extent: int) -> Lines:
    """From the first to the last index that is touched at each step; padding falls away."""
    used = [i for i, coefficient in enumerate(index.coefficients) if coefficient]
    walks = {loops[i].loop for i in used} - {None}
    if len(walks) > 1:
        raise Senseless("a dimension depends on two loops")
    (walk,) = walks or {None}
    inside = frozenset(range(extent))

    def touched(ranges: Sequence[Indices]) -> Indices:
        values = itertools.product(*ranges)
        coefficients = [index.coefficients[i] for i in used]
        sums = (index.constant + sum(map(arithmetic.mul, coefficients, v)) for v in values)
        return frozenset(s // index.divisor + i for s in sums for i in range(index.span))

    found: list[Indices] = []
    for step in range(len(walk.takes) if walk else 1):
        ranges = [loops[i].at[step if loops[i].loop else 0] for i in used]
        found.append(box(touched(ranges)) & inside)
    whole = box(touched([loops[i].whole for i in used])) & inside
    return Lines(tuple(found), walk, whole)


def need(access: Access, loops: Sequence[Lines], shape: tuple[int, ...]) -> Part:
    return tuple(wants(i, loops, extent) for i, extent in zip(access.indices, shape, strict=True))


def together(wanted: Sequence[tuple[Part, Path]]) -> tuple[Part, Path]:
    """The box that covers what all readers want, within the loops that they share."""
    if len(wanted) == 1:
        return wanted[0]
    paths = [path for _, path in wanted]
    alike = (len(set(walks)) == 1 for walks in zip(*paths, strict=False))
    shared = tuple(itertools.compress(paths[0], itertools.takewhile(bool, alike)))
    dimensions = zip(*(part for part, _ in wanted), strict=True)
    return tuple(cover([forget(x, shared) for x in lines]) for lines in dimensions), shared


def forget(lines: Lines, path: Path) -> Lines:
    """What the loop wants if it makes one step, unless it is a loop of the path."""
    return lines if lines.loop is None or lines.loop in path else always(lines.whole)


def cover(all_lines: Sequence[Lines]) -> Lines:
    """From the first to the last line that any wants; what covers one that stays stays."""
    still = [lines for lines in all_lines if lines.loop is None and lines.at[0]]
    moving = [lines for lines in all_lines if lines.loop is not None]
    walks = {lines.loop for lines in moving}
    whole = box(NONE.union(*(lines.whole for lines in all_lines)))
    if still or not moving:
        return always(whole)
    if len(walks) > 1:
        raise Senseless("a dimension depends on two loops")
    at_each = zip(*(lines.at for lines in moving), strict=True)
    whole = box(NONE.union(*(lines.whole for lines in moving)))
    return Lines(tuple(box(NONE.union(*sets)) for sets in at_each), moving[0].loop, whole)


# On chip ----------------------------------------------------------------------------------------


def kept(lines: Lines) -> Lines:
    """A line buffer: lines enter in order, and leave when none from now on are wanted."""
    held: list[Indices] = []
    for step in range(len(lines.at)):
        so_far = NONE.union(*lines.at[: step + 1])
        ahead = NONE.union(*lines.at[step:])
        some = so_far and ahead
        held.append(frozenset(range(min(ahead), max(so_far) + 1)) if some else NONE)
    return Lines(tuple(held), lines.loop, lines.whole)


def entering(lines: Lines) -> Lines:
    """What was not there at any step before."""
    before = (NONE.union(*lines.at[:step]) for step in range(len(lines.at)))
    fresh = (held - seen for held, seen in zip(lines.at, before, strict=True))
    return Lines(tuple(fresh), lines.loop, lines.whole)


def passing(lines: Lines, extent: int) -> Lines:
    """A line buffer through which every line passes in order, the rest at the last step."""
    if lines.loop is None:
        return everything(extent)
    held, entered = list[Indices](), 0
    for step in range(len(lines.at)):
        so_far, ahead = NONE.union(*lines.at[: step + 1]), NONE.union(*lines.at[step:])
        first = min([entered, *ahead])
        last = step == len(lines.at) - 1
        entered = extent if last else max([entered, *(line + 1 for line in so_far)])
        held.append(frozenset(range(first, entered)))
    return Lines(tuple(held), lines.loop, frozenset(range(extent)))


def place(part: Part, path: Path, depth: int | None) -> Place:
    """What comes when, of a tensor that is kept at a depth of the path, or not at all."""
    if depth is not None:  # all that an operator's own loops want is there throughout
        outside = tuple(w for i, w in enumerate(path) if i < depth or not w.is_own)
        part = tuple(forget(lines, outside) for lines in part)
    moving = [i for i, walk in enumerate(path) if any(lines.loop is walk for lines in part)]
    path = path[: moving[-1] + 1] if moving else ()
    if depth is None or depth >= len(path):
        return Place(part, path, path)
    if sum(lines.loop is path[depth] for lines in part) != 1:
        # nothing slides along the next loop: what the loops inside want in one step comes at once
        return place(tuple(forget(lines, path[:depth]) for lines in part), path[:depth], None)
    inside = path[depth:]
    comes = (entering(kept(lines)) if lines.loop in inside else lines for lines in part)
    return Place(tuple(comes), path, path[:depth])


def one_of(parts: Sequence[Part]) -> Part:
    """Lines of which there are some where there are some of all lines of one of the parts."""
    busy = [somewhere(part) for part in parts]
    least = [a for a in busy if not any(b.items() < a.items() for b in busy)]
    walks = {walk for steps_of in least for walk in steps_of}
    if any(not steps_of for steps_of in least) or not least:
        return ()
    if all(steps_of == least[0] for steps_of in least):
        return tuple(truth(walk, when) for walk, when in least[0].items())
    if len(walks) > 1:
        raise Senseless("readers idle at different steps of several loops")
    (walk,) = walks
    return (truth(walk, tuple(map(any, zip(*(of[walk] for of in least), strict=True)))),)


def somewhere(part: Part) -> dict[Walk, tuple[bool, ...]]:
    """At which steps of each loop there is something of all lines, unless there always is."""
    found: dict[Walk, tuple[bool, ...]] = {}
    for lines in part:
        assert lines.loop is not None
        here = tuple(map(bool, lines.at))
        before = found.get(lines.loop, here)
        found[lines.loop] = tuple(a and b for a, b in zip(before, here, strict=True))
    return {walk: when for walk, when in found.items() if not all(when)}


def truth(walk: Walk, when: Iterable[bool]) -> Lines:
    """One line at some steps, none at the others."""
    return Lines(tuple(frozenset({0}) if some else NONE for some in when), walk, frozenset({0}))
