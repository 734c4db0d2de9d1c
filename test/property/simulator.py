"""What a schedule means, played through with sets of indices, step by step.

Written from the definitions in the glossary and not from `optimus_mlir.cost`: no closed form, no
arrays, nothing shared but the description of the network and of the schedule.

Of every dimension of a tensor, each step of one loop wants a set of indices (`Lines`). The loops
around a read are a path. A tensor comes on chip again whenever a loop steps that its lines depend
on, unless it is kept: then lines enter in order and leave when no step from now on wants them.
"""

import itertools
import math
import operator as arithmetic
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.cost import Schedule
from optimus_mlir.workload import Access, Graph, Linear, Operator

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
        return frozenset(index.constant + sum(map(arithmetic.mul, coefficients, v)) for v in values)

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


# The group --------------------------------------------------------------------------------------


class Simulation:
    """Plays a schedule of a group; `reads`, `writes` count elements by tensor, `macs` all."""

    def __init__(self, group: Graph, schedule: Schedule) -> None:
        self.group = group
        self.schedule = schedule
        self.shapes = {name: tensor.shape for name, tensor in group.tensors.items()}
        self.keeps = self._keeps()
        self.apart = self._apart()
        self._check_blocks()
        self.tiles = self._tiles()
        self.wanted: dict[str, list[tuple[Part, Path]]] = {name: [] for name in group.tensors}
        self.busy: dict[str, Part] = {}  # by operator: it works while somebody wants all of these
        self.reads: Counter[str] = Counter()
        self.writes: dict[str, int] = {}
        self.macs = 0
        for operator in group.operators:
            if not group.consumers[operator.write.tensor]:
                self.wanted[operator.write.tensor].append(self._share(operator))
        for operator in reversed(group.operators):
            self._run(operator)
        for name in group.live_ins:
            if self.wanted[name]:  # not all of its readers have their own
                shared = [o for o in group.consumers[name] if (name, o.name) not in self.apart]
                self._fetch(name, self.wanted[name], self.keeps.get(name), shared)

    # The schedule ------------------------------------------------------------------------------

    def _keeps(self) -> dict[str, int]:
        keeps = {keep.tensor: keep.depth for keep in self.schedule.keeps}
        if len(keeps) < len(self.schedule.keeps) or not keeps.keys() <= self.shapes.keys():
            raise Senseless("keeps")
        if any(depth < 0 for depth in keeps.values()):
            raise Senseless("keeps")
        return keeps

    def _apart(self) -> dict[tuple[str, str], int | None]:
        """Who reads what for itself, and at which depth it keeps that."""
        apart = {(each.tensor, each.operator): each.depth for each in self.schedule.rereads}
        possible = {(a.tensor, o.name) for o in self.group.operators for a in o.reads}
        fetched = all(name in self.group.live_ins for name, _ in apart)
        if len(apart) < len(self.schedule.rereads) or not apart.keys() <= possible or not fetched:
            raise Senseless("rereads")
        if any(depth is not None and depth < 0 for depth in apart.values()):
            raise Senseless("rereads")
        return apart

    def _check_blocks(self) -> None:
        extents = {operator.name: operator.extents for operator in self.group.operators}
        named = {(block.operator, block.loop) for block in self.schedule.blocks}
        if len(named) < len(self.schedule.blocks):
            raise Senseless("blocks")
        for block in self.schedule.blocks:
            loops = extents.get(block.operator, ())
            if block.size < 1 or not 0 <= block.loop < len(loops):
                raise Senseless("blocks")

    def _tiles(self) -> dict[int, tuple[Walk, int]]:
        """The loops over dimensions of the last result, outermost first, and their extents."""
        shape = self.shapes[self.group.operators[-1].write.tensor]
        found: dict[int, tuple[Walk, int]] = {}
        for tile in self.schedule.tiles:
            if not 0 <= tile.dimension < len(shape) or tile.size < 1 or tile.dimension in found:
                raise Senseless("tiles")
            extent = shape[tile.dimension]
            if tile.size < extent:
                found[tile.dimension] = Walk(cuts(extent, tile.size)), extent
        return found

    def _share(self, operator: Operator) -> tuple[Part, Path]:
        """Of a result that nobody reads, each tile step has the share that it has of the last."""
        shape = self.shapes[operator.write.tensor]
        if any(dimension >= len(shape) for dimension in self.tiles):
            raise Senseless("a last result lacks a tiled dimension")
        part = list(map(everything, shape))
        for dimension, (walk, extent) in self.tiles.items():
            mine = range(shape[dimension])
            shares = (
                frozenset(i for i in mine if (i * extent) // shape[dimension] in takes)
                for takes in walk.takes
            )
            part[dimension] = Lines(tuple(shares), walk, frozenset(mine))
        return tuple(part), tuple(walk for walk, _ in self.tiles.values())

    # Operators ---------------------------------------------------------------------------------

    def _run(self, operator: Operator) -> None:
        """Play an operator: what it writes, how often it multiplies, what it wants."""
        name = operator.write.tensor
        part, path = together(self.wanted[name])
        if name in self.group.outputs:
            part = tuple(
                passing(lines, n) for lines, n in zip(part, self.shapes[name], strict=True)
            )
        result = place(part, path, self.keeps.get(name))
        complete, inside, outer, inner = self._loops(operator, result)
        wanted_now = self._wanted_for(name, self.group.consumers[name], result.home)
        self.busy[operator.name] = (*result.comes, *wanted_now)
        if operator.macs:
            busy = (step for step in steps(inner) if all(at(wanted_now, step)))
            self.macs += sum(size(at(tuple(inside), step)) for step in busy)
        if name in self.group.outputs:
            if not self.group.consumers[name]:
                result = place(written(operator, complete), outer, self.keeps.get(name))
            self.writes[name] = self._write(name, result)
        first = len(operator.reads) - operator.epilogue_reads
        own: dict[str, list[tuple[Part, Path]]] = {}
        for i, access in enumerate(operator.reads):
            loops, path = (inside, inner) if i < first else (complete, outer)
            wanted = need(access, loops, self.shapes[access.tensor])
            of_all = (access.tensor, operator.name) not in self.apart
            wants = self.wanted if of_all else own
            wants.setdefault(access.tensor, []).append((wanted, path))
        for tensor, reads in own.items():
            self._fetch(tensor, reads, self.apart[tensor, operator.name], [operator])

    def _wanted_for(self, name: str, readers: Sequence[Operator], home: Path) -> Part:
        """What there must be some of for one of the readers to be at work.

        Only in those loops with each of whose steps the buffer goes: another may serve the next.
        """
        if name in self.group.outputs:
            return ()
        working = [self.busy[reader.name] for reader in readers]
        return one_of([tuple(x for x in part if x.loop in home) for part in working])

    def _fetch(
        self,
        name: str,
        reads: list[tuple[Part, Path]],
        depth: int | None,
        readers: Sequence[Operator],
    ) -> None:
        """Count what comes of a live-in for readers that share it, or for one by itself."""
        place_ = place(*together(reads), depth)
        wanted = self._wanted_for(name, readers, place_.home)
        self.reads[name] += sum(map(size, place_.arrivals(wanted)))

    def _loops(
        self, operator: Operator, result: Place
    ) -> tuple[list[Lines], list[Lines], Path, Path]:
        """What the loops of the nest take where sums are complete, and in the innermost block."""
        inside = list(map(everything, operator.extents))
        for index, lines in zip(operator.write.indices, result.comes, strict=True):
            inside[index.coefficients.index(1)] = lines
        complete = list(inside)
        path, outer = result.loops, None
        for block in self.schedule.blocks:
            if block.operator != operator.name:
                continue
            extent = operator.extents[block.loop]
            if block.size >= extent:
                continue
            if inside[block.loop].loop or len(inside[block.loop].at[0]) < extent:
                raise Senseless("a loop in blocks does not run at once")
            if operator.reduction[block.loop]:
                require_splitting(operator, block.loop)
                outer = path if outer is None else outer
            walk = Walk(cuts(extent, block.size), True, result.comes)
            inside[block.loop] = Lines(walk.takes, walk, frozenset(range(extent)))
            if outer is None:
                complete[block.loop] = inside[block.loop]
            path = (*path, walk)
        return complete, inside, path if outer is None else outer, path

    def _write(self, name: str, result: Place) -> int:
        """Every element must come once."""
        points = Counter(point for part in result.arrivals() for point in itertools.product(*part))
        if len(points) < math.prod(self.shapes[name]) or set(points.values()) != {1}:
            raise Senseless("a live-out does not come once")
        return points.total()


def cuts(extent: int, size: int) -> tuple[Indices, ...]:
    return tuple(
        frozenset(range(begin, min(begin + size, extent))) for begin in range(0, extent, size)
    )


def written(operator: Operator, loops: Sequence[Lines]) -> Part:
    return tuple(loops[index.coefficients.index(1)] for index in operator.write.indices)


def require_splitting(operator: Operator, loop: int) -> None:
    """Sums over a loop can be left half done where no index adds it to another loop."""
    indices = [i for a in operator.reads for i in a.indices if i.coefficients[loop]]
    alone = all(sum(map(bool, i.coefficients)) == 1 for i in indices)
    if not indices or not alone or not operator.accumulates_in_place:
        raise Senseless("no partial sums")
