"""What a tile reads of its operands, where dimensions of a tensor are merged into one.

The reader of `collapse_shape %x [[0, 1]]`, with %x of 4 x 2 elements, wants elements [3, 6) of the 8.
On chip are blocks [1, 3) of %x, which are elements [2, 6): what it wants begins one after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimus_mlir.cost.program import Compute
from optimus_mlir.cost.region import Range, image
from optimus_mlir.workload import Linear


@dataclass(frozen=True)
class Need:
    """What a computation reads along one dimension, or along several that are merged, in elements.

    They begin with dimension `outermost` of the tensor, in blocks of `block` elements. `wanted` is
    with its padding, `inside` without; `after` is the latter counted from the first whole block.
    """

    tensor: str
    outermost: int
    block: int
    wanted: Range
    inside: Range
    after: Range


def needs_of(node: Compute, number: int) -> Iterator[Need]:
    """Of operand `number` of those that take part in a computation."""
    buffer, box = node.needs[number]
    access = node.operator.reads[node.first_read + number]
    for dimension, index in enumerate(access.indices):
        if index.span > 1:  # an inner dimension of a merged one
            continue
        block, extent = index.divisor, buffer.tensor.shape[dimension]
        wanted = box[dimension] if block == 1 else _unrounded(node, index)
        inside, held = wanted.clamped(extent * block), box[dimension].clamped(extent)
        elements = Range(held.begin * block, held.end * block, held.axis)
        after = inside.relative_to(elements)
        yield Need(access.tensor, dimension, block, wanted, inside, after)


def _unrounded(node: Compute, index: Linear) -> Range:
    """The merged index where the loops of the computation are."""
    loops = dict(enumerate(node.loops))
    loops |= zip(node.operator.output_loops, node.box, strict=True)
    return image(replace(index, divisor=1), tuple(loops[loop] for loop in index.loops))
