"""How one group runs: which loops are tiled, and where every tensor lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from optimus_mlir.errors import OptimusError


class Unschedulable(OptimusError):
    """The group cannot run under this schedule; the message says why."""


class Unshareable(Unschedulable):
    """Readers of one live-in cannot share it so. With more readers they might."""


@dataclass(frozen=True, order=True)
class Tile:
    """A loop over dimension `dimension` of the group's last result, `size` elements a step."""

    dimension: int
    size: int


@dataclass(frozen=True, order=True)
class Keep:
    """The buffer of `tensor` lives within the first `depth` of the loops around its readers.

    The steps of the loops inside share it: of what moves along the next loop, a tile loop, a
    window holds as much as later steps still need; all else stays whole. A tensor that is not kept
    is fetched or computed again at every step that moves it.
    """

    tensor: str
    depth: int


@dataclass(frozen=True, order=True)
class Reread:
    """`operator` does not share the live-in `tensor` with its other readers, but reads it again.

    What it needs comes from DRAM once more, when it runs, into a buffer of its own: one that is
    kept at `depth`, or one that is not kept.
    """

    tensor: str
    operator: str
    depth: int | None = None


@dataclass(frozen=True, order=True)
class Block:
    """`operator` runs loop `loop` of its nest `size` iterations at a time, within a tile step.

    Its operands come, and a last result goes, a block at a time unless they are kept. A block of a
    reduction leaves partial sums in the result's buffer, which has the accumulators' width; an
    operand that another operator computes is then computed a block at a time too.
    """

    operator: str
    loop: int
    size: int


@dataclass(frozen=True)
class Schedule:
    """Tile loops (outermost first), the tensors that outlive their steps, and inner loops.

    Blocks of one operator are nested in the order in which they stand. What is in none of the
    `rereads` is fetched once for all of its readers.
    """

    tiles: tuple[Tile, ...] = ()
    keeps: tuple[Keep, ...] = ()
    blocks: tuple[Block, ...] = ()
    rereads: tuple[Reread, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> Schedule:
        """The same schedule for a graph whose tensors and operators have other names."""
        keeps = (replace(keep, tensor=names[keep.tensor]) for keep in self.keeps)
        blocks = (replace(block, operator=names[block.operator]) for block in self.blocks)
        rereads = (
            replace(reread, tensor=names[reread.tensor], operator=names[reread.operator])
            for reread in self.rereads
        )
        return Schedule(self.tiles, tuple(keeps), tuple(blocks), tuple(rereads))
