"""Views: padding and unit-dimension reshapes between a tensor and the op that reads it.

They move no data of their own. A reader of a view is a reader of its source, at other indices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimus_mlir.mlir import ir
from optimus_mlir.workload import Linear


@dataclass(frozen=True)
class View:
    """How a value is made from `source`: what to add around it, then which dimensions to drop.

    `low[d]` and `high[d]` are elements of padding, filled with `fill` (a scalar constant);
    `kept` are the source's dimensions that remain.
    """

    source: ir.Value
    low: tuple[int, ...]
    high: tuple[int, ...]
    kept: tuple[int, ...]
    fill: ir.Attribute | None = None

    def indices(self, read: tuple[Linear, ...]) -> tuple[Linear, ...]:
        """The source's indices for a read of the view."""
        loops = len(read[0].coefficients) if read else 0
        position = dict(zip(self.kept, read, strict=True))
        none = Linear((0,) * loops)
        return tuple(
            Linear(
                position.get(d, none).coefficients,
                position.get(d, none).constant - self.low[d],
            )
            for d in range(len(self.low))
        )


def view_of(value: ir.Value) -> View:
    """The tensor behind `value`; a value that is no view is a view of itself, unchanged."""
    owner = value.owner
    rank = value.type.rank
    plain = View(value, (0,) * rank, (0,) * rank, tuple(range(rank)))
    if isinstance(owner, ir.Block):
        return plain
    if owner.name == "tensor.pad":
        return _padding(owner.opview) or plain
    if owner.name == "tensor.collapse_shape":
        return _dropped_units(owner.opview) or plain
    return plain


def _padding(op: Any) -> View | None:
    low, high = tuple(op.static_low), tuple(op.static_high)
    fill = pad_constant(op)
    if fill is None or min((*low, *high), default=0) < 0 or len(op.operands) > 1:
        return None
    return View(op.operands[0], low, high, tuple(range(len(low))), fill)


def pad_constant(op: Any) -> ir.Attribute | None:
    """The constant that a tensor.pad adds, if it is one."""
    terminator = op.regions[0].blocks[0].operations[-1]
    value = terminator.operands[0]
    if isinstance(value.owner, ir.Block) or value.owner.name != "arith.constant":
        return None
    return value.owner.attributes["value"]


def _dropped_units(op: Any) -> View | None:
    source = op.operands[0]
    shape = source.type.shape
    kept: list[int] = []
    for attribute in op.attributes["reassociation"]:
        dimensions = [int(d) for d in attribute]
        wide = [d for d in dimensions if shape[d] != 1] or dimensions[:1]
        if len(wide) != 1:
            return None
        kept.append(wide[0])
    return View(source, (0,) * len(shape), (0,) * len(shape), tuple(kept))
