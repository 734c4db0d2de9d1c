"""Tiles: an operator as a function of tiles, made by MLIR's tiling, one for each shape of its tiles.

Before (an operator as a whole)             After the transform schedule (`tiling.transforms`)
  func @conv0(%x, %w, %y) {                   func @conv0(%x, %w, %y) {
    %0 = fill(0) outs(%y)                       %t = execute_region {
    %1 = conv(%x, %w) outs(%0)                    %a = %x[0, 0, 0, 0] [1, 8, 6, 18]
    %t = execute_region {                         %b = %y[0, 0, 0, 0] [1, 4, 4, 16]
      %s = %1[0, 0, 0, 0] [1, 4, 4, 16]           %0 = fill(0) outs(%b)
      yield %s                                    %1 = conv(%a, %w) outs(%0)
    }                                             yield %1
    return %t                                   }
  }                                             return %t
                                              }
Where a tile lies changes none of its sizes, so that the tile at the origin does for all of its shape:
`Tile.place` puts its ops into a program, with what is on chip there for the slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.analysis.annotations import OPERATOR
from optimus_mlir.analysis.dataflow import Cluster
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import bufferization, func, ir, scf
from optimus_mlir.mlir.cloning import Cloner, uses_from_outside
from optimus_mlir.mlir.dead_code import erase_dead_ops
from optimus_mlir.tiling.boxes import extract
from optimus_mlir.tiling.partial_sums import Operands
from optimus_mlir.tiling.shapes import Shape

TILE = "optimus.tile"
SLICE = "tensor.extract_slice"
UNLABELLED = ("arith.constant", "tensor.", "bufferization.", "affine.")  # they compute nothing


@dataclass(frozen=True, eq=False)
class Argument:
    """A value that an operator takes from outside, as operand `operand` of its op `member`.

    `member` is None for an operand of a fill or of an op in a body.
    """

    value: ir.Value
    member: int | None
    operand: int
    is_init: bool
    is_target: bool  # the init that the operator's result is computed in

    def given(self, reads: Operands, target: ir.Value, kind: ir.Type) -> ir.Value:
        """What the argument is for one tile; `kind` is the type that the tile wants."""
        if self.member is not None and (self.member, self.operand) in reads:
            return reads[self.member, self.operand]
        if self.is_target:
            return target
        if self.is_init:  # an inner result: it stays in the array
            return bufferization.alloc_tensor(kind, [])
        if kind != self.value.type:
            return extract(self.value, [0] * len(kind.shape), list(kind.shape))
        return self.value


@dataclass(frozen=True, eq=False)
class Tile:
    """An operator for tiles of one shape: a function of what its arguments stand for."""

    label: str
    function: ir.Operation
    arguments: Sequence[Argument]

    def finish(self) -> None:
        """Once the function is cut: leave nothing but the ops of the tile."""
        for op in [each.operation for each in self._block.operations]:
            if op.name == "scf.execute_region":
                _inline(op)
        erase_dead_ops(self.function)
        owner = self._result.owner
        if not isinstance(owner, ir.Block) and owner.name == SLICE:
            raise PassFailure(
                self.function.location,
                f"the transform schedule does not cut {self.label!r}, "
                "or MLIR cannot: did --optimus-normalize run?",
            )

    def place(self, reads: Operands, target: ir.Value) -> ir.Value:
        """The tile at the insertion point: it reads `reads`, computes in `target` and is the result."""
        values: dict[ir.Value, ir.Value] = {}
        for argument, inside in zip(self.arguments, self._block.arguments, strict=True):
            values |= self._given(argument, inside, reads, target)
        cloner = Cloner(values)
        *ops, _ = [each.operation for each in self._block.operations]
        for op in ops:
            if any(result in values for result in op.results):  # a slice of what is given in slices
                continue
            copy = cloner.clone(op)
            if not copy.name.startswith(UNLABELLED):
                copy.attributes[OPERATOR] = self.function.attributes[OPERATOR]
        return values[self._result]

    def _given(
        self, argument: Argument, inside: ir.Value, reads: Operands, target: ir.Value
    ) -> Mapping[ir.Value, ir.Value]:
        """What stands in the program for an argument and its slices."""
        users = [use.owner.operation for use in inside.uses]
        if not users:
            return {}
        slices = [user.results[0] for user in users if user.name == SLICE]
        given = argument.given(reads, target, slices[0].type if slices else inside.type)
        if inside.type != given.type and any(
            user.name != SLICE or user.results[0].type != given.type for user in users
        ):
            raise PassFailure(
                self.function.location,
                f"{self.label!r} is cut so that it reads other than the {given.type} of its step",
            )
        return {v: given for v in (inside, *slices) if v.type == given.type}

    @property
    def _block(self) -> ir.Block:
        return self.function.regions[0].blocks[0]

    @property
    def _result(self) -> ir.Value:
        operations = self._block.operations
        return operations[len(operations) - 1].operands[0]


def whole(cluster: Cluster, shape: Shape) -> Tile:
    """At the insertion point, a function of an operator as a whole, and a slice of its result."""
    name = cluster.operator.name
    label = f"{name} {'x'.join(map(str, shape)) or 'scalar'}"
    kind = ir.RankedTensorType.get(shape, cluster.result.type.element_type)
    with cluster.ops[-1].location:
        function = func.FuncOp(label, ([], [kind]), visibility="private")
        block = function.add_entry_block()
        with ir.InsertionPoint(block):
            copies: dict[ir.Value, ir.Value] = {}
            arguments = list(_copied(cluster, block, copies))
            region = scf.ExecuteRegionOp([kind])
            func.ReturnOp(region.results)
        with ir.InsertionPoint(region.region.blocks.append()):
            scf.YieldOp([extract(copies[cluster.result], [0] * len(shape), shape)])
    taken = ir.FunctionType.get([argument.type for argument in block.arguments], [kind])
    function.attributes["function_type"] = ir.TypeAttr.get(taken)
    function.attributes[TILE] = ir.StringAttr.get(label)
    function.attributes[OPERATOR] = ir.StringAttr.get(name)
    return Tile(label, function.operation, arguments)


def _copied(
    cluster: Cluster, block: ir.Block, copies: dict[ir.Value, ir.Value]
) -> Iterator[Argument]:
    """Copy the ops of an operator; each value from outside becomes an argument of the block."""
    first = _first(cluster)
    for op, member in _with_fills(cluster):
        copy = op.clone().operation
        for user, number in uses_from_outside(copy):
            value = user.operands[number]
            if value in copies:
                user.operands[number] = copies[value]
                continue
            user.operands[number] = block.add_argument(value.type, value.location)
            is_init = user == copy and number == len(op.operands) - 1
            read_by = member if user == copy else None
            yield Argument(value, read_by, number, is_init, is_init and op == first)
        copies[op.results[0]] = copy.results[0]


def _with_fills(cluster: Cluster) -> Iterator[tuple[ir.Operation, int | None]]:
    """The ops of an operator with their numbers, and before them the fills that they start from."""
    for member, op in enumerate(cluster.ops):
        if _is_fill(init := _init(op)):
            yield init.owner, None
        yield op, member


def _first(cluster: Cluster) -> ir.Operation:
    """The op that begins what the ops accumulate in place, down to the last of them."""
    first, own = cluster.result.owner, {op.results[0] for op in cluster.ops}
    while (init := _init(first)) in own or _is_fill(init):
        first = init.owner
    return first


def _init(op: ir.Operation) -> ir.Value:
    return op.operands[len(op.operands) - 1]


def _is_fill(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.name == "linalg.fill"


def _inline(region: ir.Operation) -> None:
    """The ops of an scf.execute_region in its place."""
    *ops, end = [op.operation for op in region.regions[0].blocks[0].operations]
    for op in ops:
        op.move_before(region)
    region.results[0].replace_all_uses_with(end.operands[0])
    region.erase()
