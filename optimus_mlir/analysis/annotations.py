"""The plan as IR attributes: readable, writable by hand, cleared by the pass that consumes it.

optimus.group = 3 : i64                            on every op of group 3
optimus.schedule = {blocks = [["op1", 1, 8]],      on the last op of the group, then on its
                    keeps = [["v0", 0]],           function; names are those of the group by
                    rereads = [["in0", "op1", 0]], itself: operators op0.., results v0.., live-ins in0..
                    tiles = [[2, 4]]}              rereads may be left out
optimus.price = {dram_read_bytes = [1204, 96], ..} what the cost model promises for it

Where the plan splits operators:

optimus.splits = [["conv3", 4, [32, 32]]]          on the module: loop 4 of conv3 runs in two parts
optimus.name = "conv3.0"                           on an anchor, what the plan calls its operator
optimus.partial_sums                               on the op that leaves them, and on the argument
                                                   of a function that reads them
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from optimus_mlir.cost import Block, Keep, Price, Reread, Schedule, Tile
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import ir
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Split

ACCELERATOR = "optimus.accelerator"
GROUP = "optimus.group"
SCHEDULE = "optimus.schedule"
SCHEDULE_FIELDS = {"blocks", "keeps", "tiles"}
PRICE = "optimus.price"
SOLVER = "optimus.solver"
SPLITS = "optimus.splits"
NAME = "optimus.name"
PARTIAL_SUMS = "optimus.partial_sums"
OPERATORS = "optimus.operators"  # on a launch: the names of its operators
WEIGHT = "optimus.weight"  # on the argument of a function that the array would not know as a filter

# labels on the ops of a tiled group
LOAD = "optimus.load"  # on a linalg.copy: a transfer
MOVE = "optimus.move"
STORE = "optimus.store"
OPERATOR = "optimus.operator"  # the operator whose tile an op computes
STEP = "optimus.step"  # with double buffering: which section of the program an op belongs to
CYCLES = "optimus.cycles"  # on the last op of a tile: how long the array takes for all of it


def integer(value: int) -> ir.Attribute:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)


def _plain(value: object) -> ir.Attribute:
    """A Python value as the attribute that reads like it."""
    match value:
        case bool():
            return ir.BoolAttr.get(value)
        case int():
            return integer(value)
        case float():
            return ir.FloatAttr.get_f64(value)
        case str():
            return ir.StringAttr.get(value)
        case Mapping():
            return ir.DictAttr.get({str(k): _plain(v) for k, v in value.items()})
        case Sequence():
            return ir.ArrayAttr.get([_plain(v) for v in value])
    raise TypeError(f"no attribute for {value!r}")


def _python(attribute: ir.Attribute) -> object:
    """The inverse of `_plain`."""
    if isinstance(attribute, ir.DictAttr):
        return {attribute[i].name: _python(attribute[i].attr) for i in range(len(attribute))}
    if isinstance(attribute, ir.ArrayAttr):
        return [_python(a) for a in attribute]
    if isinstance(attribute, (ir.BoolAttr, ir.IntegerAttr, ir.FloatAttr, ir.StringAttr)):
        return attribute.value
    raise TypeError(f"cannot read {attribute}")


ADDRESS = "scratchpad"
WIDTH = "element_bytes"
SPARE = "spare_bytes"  # behind the buffer, for what DMA brings meanwhile; 0 where it does not stand
COPIES = "copies"  # one behind the other, that take turns; 1 where it does not stand


def address_attribute(
    offset: int, element_bytes: int, *, copies: int = 1, spare_bytes: int = 0
) -> ir.Attribute:
    """The memory space of a tiled group's buffer: where in the scratchpad it begins, in bytes.

    Buffers keep it through bufferization, where attributes on ops would be lost.
    """
    fields = {ADDRESS: integer(offset), WIDTH: integer(element_bytes)}
    if copies > 1:
        fields[COPIES] = integer(copies)
    if spare_bytes:
        fields[SPARE] = integer(spare_bytes)
    return ir.DictAttr.get(fields)


def bytes_of(buffer: ir.Value) -> int:
    """The scratchpad bytes of a buffer whose type carries an address."""
    space = ir.DictAttr(ir.MemRefType(buffer.type).memory_space)
    if WIDTH not in space:
        raise PassFailure(
            buffer.location, f"memory space {space}: {WIDTH} must stand beside the address"
        )
    elements = math.prod(ir.MemRefType(buffer.type).shape)
    spare = ir.IntegerAttr(space[SPARE]).value if SPARE in space else 0
    copies = ir.IntegerAttr(space[COPIES]).value if COPIES in space else 1
    return copies * elements * ir.IntegerAttr(space[WIDTH]).value + spare


def address_of(kind: ir.MemRefType) -> int | None:
    """The address that the type of a buffer carries; None in DRAM."""
    space = kind.memory_space
    if not isinstance(space, ir.DictAttr) or ADDRESS not in space:
        return None
    return ir.IntegerAttr(space[ADDRESS]).value


def write_accelerator(module: ir.Operation, accelerator: Accelerator) -> None:
    module.attributes[ACCELERATOR] = _plain(accelerator.to_dict())


def read_accelerator(module: ir.Operation) -> Accelerator:
    """The accelerator that an earlier pass chose."""
    if ACCELERATOR not in module.attributes:
        raise PassFailure(
            module.location, f"no {ACCELERATOR} on the module: run --optimus-group before this pass"
        )
    fields = _python(module.attributes[ACCELERATOR])
    assert isinstance(fields, dict)
    return Accelerator.from_dict(fields, ACCELERATOR)


def write_splits(module: ir.Operation, splits: Sequence[Split]) -> None:
    module.attributes[SPLITS] = _plain([[s.operator, s.loop, s.sizes] for s in splits])


def read_splits(module: ir.Operation) -> tuple[Split, ...]:
    if SPLITS not in module.attributes:
        return ()
    try:
        splits = _python(module.attributes[SPLITS])
        if not isinstance(splits, list):
            raise TypeError
        return tuple(
            Split(_name(operator), _integer(loop), tuple(map(_integer, sizes)))
            for operator, loop, sizes in splits
        )
    except (TypeError, ValueError):
        raise PassFailure(
            module.location, f"{SPLITS} must be [[operator, loop, [size, ...]], ...]"
        ) from None


def holds_partial_sums(value: ir.Value) -> bool:
    """Whether the plan says so of a result, or of an argument of a group's function."""
    if not isinstance(value.owner, ir.Block):
        return PARTIAL_SUMS in value.owner.attributes
    return is_marked(value, PARTIAL_SUMS)


def is_marked(argument: ir.Value, label: str) -> bool:
    """Whether an argument of a function has this attribute."""
    function = argument.owner.owner
    if "arg_attrs" not in function.attributes:
        return False
    return label in function.attributes["arg_attrs"][ir.BlockArgument(argument).arg_number]


def schedule_attribute(schedule: Schedule) -> ir.Attribute:
    """Rereads are rare, and only shown where there are any; one that is not kept has no depth."""
    rereads = [
        [r.tensor, r.operator, *([] if r.depth is None else [r.depth])] for r in schedule.rereads
    ]
    return _plain(
        {
            "blocks": [[b.operator, b.loop, b.size] for b in schedule.blocks],
            "keeps": [[k.tensor, k.depth] for k in schedule.keeps],
            **({"rereads": rereads} if rereads else {}),
            "tiles": [[t.dimension, t.size] for t in schedule.tiles],
        }
    )


def read_schedule(op: ir.Operation) -> Schedule:
    """The schedule on a function or a group's last op."""
    try:
        fields = _python(op.attributes[SCHEDULE])
        if not isinstance(fields, dict) or {*fields} - {"rereads"} != SCHEDULE_FIELDS:
            raise TypeError
        return Schedule(
            tuple(Tile(*map(_integer, tile)) for tile in fields["tiles"]),
            tuple(Keep(_name(tensor), _integer(depth)) for tensor, depth in fields["keeps"]),
            tuple(
                Block(_name(operator), _integer(loop), _integer(size))
                for operator, loop, size in fields["blocks"]
            ),
            tuple(
                Reread(_name(tensor), _name(operator), *map(_integer, depth))
                for tensor, operator, *depth in fields.get("rereads", [])
            ),
        )
    except (TypeError, ValueError):
        raise PassFailure(
            op.location,
            f"{SCHEDULE} must be {{blocks = [[operator, loop, size], ...], "
            f"keeps = [[tensor, depth], ...], tiles = [[dimension, size], ...]}}, "
            f"and may have rereads = [[tensor, operator], [tensor, operator, depth], ...]",
        ) from None


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def price_attribute(group: Graph, price: Price) -> ir.Attribute:
    """The price of a group, its live-ins and live-outs in the group's order."""
    return _plain(
        {
            "dram_read_bytes": [price.dram_read_bytes.get(n, 0) for n in group.live_ins],
            "dram_write_bytes": [price.dram_write_bytes[n] for n in group.outputs],
            "footprint_bytes": price.footprint_bytes,
            "macs": price.macs,
        }
    )


def read_price(op: ir.Operation) -> dict[str, object]:
    fields = _python(op.attributes[PRICE])
    assert isinstance(fields, dict)
    return fields
