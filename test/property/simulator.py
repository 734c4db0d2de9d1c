"""What a schedule means, played through with sets of indices (lines.py), step by step.

Nothing is shared with `optimus_mlir.cost` but the description of the network and of the schedule.
"""

import itertools
import math
from collections import Counter
from collections.abc import Sequence

from lines import (
    Indices,
    Lines,
    Part,
    Path,
    Place,
    Senseless,
    Walk,
    at,
    everything,
    need,
    one_of,
    passing,
    place,
    size,
    steps,
    together,
)

from optimus_mlir.cost import Schedule
from optimus_mlir.workload import Graph, Operator


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
