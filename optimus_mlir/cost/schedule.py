"""How one group runs: which loops are tiled, and where every tensor lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from optimus_mlir.errors import OptimusError


class Unschedulable(OptimusError):
    """The group cannot run under this schedule; the message says why."""


@dataclass(frozen=True)
class Tile:
    """A loop over dimension `dimension` of the group's result, `size` elements a step."""

    dimension: int
    size: int


@dataclass(frozen=True)
class Block:
    """`operator` computes `size` elements of output dimension `dimension` at a time.

    Its weights along that dimension are streamed: read again at every tile step, block by block,
    so that no more than one block of them is on chip. So is every live-in along that dimension that
    nobody else reads, unless a window keeps a halo of it. A block of all elements changes nothing,
    nor does one along a dimension that the tile loops bring part by part.
    """

    operator: str
    dimension: int
    size: int


@dataclass(frozen=True)
class Schedule:
    """Tile loops (outermost first), tensors kept in a window, operators with streamed weights.

    A tensor outside `windows` is fetched or computed again where tile steps overlap.
    """

    tiles: tuple[Tile, ...] = ()
    windows: frozenset[str] = frozenset()
    blocks: tuple[Block, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> Schedule:
        """The same schedule for a graph whose tensors and operators have other names."""
        blocks = tuple(replace(block, operator=names[block.operator]) for block in self.blocks)
        return Schedule(self.tiles, frozenset(names[name] for name in self.windows), blocks)
