"""An operator in parts: partial sums that are started, added to block by block, and finished.

MLIR tiles an op by slices of its result, so it cannot say "add the products of these channels"; but
a linalg op is as large as its operands, so the anchor on blocks of them is just that.

Before                                  After (channels in blocks)
  %1 = fill(0)                            %s = fill(0) outs(%tile)               start
  %2 = conv(%x, %w) outs(%1)              %p = conv(%x_c, %w_c) outs(%s)         accumulate, per block
  %3 = generic{relu} outs(%2)             %f = generic{relu} outs(%p)            finish
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optimus_mlir.analysis.affine_maps import operand_indices
from optimus_mlir.analysis.annotations import OPERATOR
from optimus_mlir.analysis.dataflow import Cluster
from optimus_mlir.mlir import bufferization, ir, linalg
from optimus_mlir.tiling.boxes import extract

Operands = Mapping[tuple[int, int], ir.Value]  # by member of the cluster and number of its operand


def start(
    cluster: Cluster, _reads: Operands, target: ir.Value, _extents: Sequence[int]
) -> ir.Value:
    """The value that the anchor's sums begin with."""
    init = _init(cluster.ops[0]).owner
    filled = linalg.fill(init.operands[0], outs=[target])
    return _labelled(filled.owner, cluster)


def accumulate(
    cluster: Cluster, reads: Operands, target: ir.Value, extents: Sequence[int]
) -> ir.Value:
    """The anchor on blocks of its operands; `extents` are those of its loops."""
    op, operands = cluster.ops[0], _of_member(0, reads)
    operands |= dict(_extent_giving(op, operands, extents))
    return _labelled(_on_tiles(op, operands, target), cluster)


def finish(
    cluster: Cluster, reads: Operands, target: ir.Value, _extents: Sequence[int]
) -> ir.Value:
    """The elementwise ops on a tile of complete sums."""
    current = {cluster.ops[0].results[0]: target}
    for member, op in enumerate(cluster.ops[1:], start=1):
        operands = _of_member(member, reads) | _from_earlier(op, current)
        out = operands.get(len(op.operands) - 1)
        if out is None:
            out = bufferization.alloc_tensor(target.type, [])
        current[op.results[0]] = _labelled(_on_tiles(op, operands, out), cluster)
    return current[cluster.result]


def _of_member(member: int, reads: Operands) -> dict[int, ir.Value]:
    return {operand: value for (of, operand), value in reads.items() if of == member}


def _extent_giving(
    op: ir.Operation, reads: Mapping[int, ir.Value], extents: Sequence[int]
) -> Iterator[tuple[int, ir.Value]]:
    """Operands that nobody reads, which only say how long a loop is, as a pool's kernel does."""
    rows = operand_indices(op) or []
    for number, row in enumerate(rows[:-1]):
        value = op.operands[number]
        if number not in reads and isinstance(value.type, ir.RankedTensorType):
            shape = [extents[loop] for index in row for loop in index.loops]
            yield number, extract(value, [0] * len(shape), shape)


def _from_earlier(op: ir.Operation, current: Mapping[ir.Value, ir.Value]) -> dict[int, ir.Value]:
    return {i: current[v] for i, v in enumerate(op.operands) if v in current}


def _on_tiles(op: ir.Operation, operands: Mapping[int, ir.Value], out: ir.Value) -> ir.Operation:
    """The same op on smaller operands; its result is as large as `out`."""
    tile = op.clone()
    for number, value in operands.items():
        tile.operands[number] = value
    tile.operands[len(tile.operands) - 1] = out
    tile.results[0].set_type(out.type)
    return tile


def _init(op: ir.Operation) -> ir.Value:
    return op.operands[len(op.operands) - 1]


def _labelled(op: ir.Operation, cluster: Cluster) -> ir.Value:
    op.attributes[OPERATOR] = ir.StringAttr.get(cluster.operator.name)
    return op.results[0]
