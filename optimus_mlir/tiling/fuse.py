"""Tile every op of a group into its sites, by MLIR's own tiling, consumers first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimus_mlir.analysis.annotations import MEMBER, OPERATOR
from optimus_mlir.analysis.dataflow import Cluster, Dataflow
from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import apply_schedule, bufferization, ir, schedule, structured, transform
from optimus_mlir.tiling.skeleton import Site, Skeleton

WHOLE = "optimus.whole"
SITE = "optimus.site"


def fuse_into_sites(function: ir.Operation, dataflow: Dataflow, skeleton: Skeleton) -> None:
    """Replace the slice at every site by a tile of its operator that reads staged values."""
    for operator in reversed(dataflow.graph.operators):
        cluster = dataflow.clusters[operator.name]
        members = _label(cluster)
        for site in reversed(skeleton.sites.get(operator.name, [])):  # MLIR wants no use behind it
            site.region.attributes[SITE] = ir.UnitAttr.get()
            with schedule() as (module, sequence):
                tile_into_site(sequence.bodyTarget, members)
            apply_schedule(function, module, sequence)
            del site.region.attributes[SITE]
            _stage(cluster, site)


def tile_into_site(function: ir.Value, members: Sequence[str]) -> None:
    """Transform: tile the ops labelled `members`, last first, at the slice in the labelled site.

    The site and not the function contains them: MLIR prints what contains a fused op, each time.
    """
    kind, unit = transform.any_op_t(), ir.UnitAttr.get()
    for member in reversed(members):
        label = {MEMBER: ir.StringAttr.get(member), WHOLE: unit}
        op = structured.structured_match(kind, function, op_attrs=label)
        site = structured.structured_match(kind, function, op_attrs={SITE: unit})
        structured.FuseIntoContainingOp(op, site)


def member_name(operator: str, index: int) -> str:
    return f"{operator}.{index}"


def _label(cluster: Cluster) -> list[str]:
    """Name the ops, so that schedules can match them and their tiles can be told apart.

    The fills that the ops start from come first; every op precedes its users.
    """
    operator = cluster.operator.name
    fills = [init.owner for op in cluster.ops if is_fill(init := op.operands[len(op.operands) - 1])]
    names = [f"{operator}.init{i}" for i in range(len(fills))]
    names += [member_name(operator, i) for i in range(len(cluster.ops))]
    for name, op in zip(names, [*fills, *cluster.ops], strict=True):
        op.attributes[MEMBER] = ir.StringAttr.get(name)
        op.attributes[OPERATOR] = ir.StringAttr.get(operator)
        op.attributes[WHOLE] = ir.UnitAttr.get()
    return names


def is_fill(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.name == "linalg.fill"


def _stage(cluster: Cluster, site: Site) -> None:
    """Let the tile at a site read its staged values, and compute into its buffer."""
    last = _yielded(site)
    tiles = {ir.StringAttr(op.attributes[MEMBER]).value: op for op in _tiles(last)}
    for tile in tiles.values():
        del tile.attributes[WHOLE]
    for (member, operand), value in site.reads.items():
        tile = tiles[member_name(cluster.operator.name, member)]
        whole = tile.operands[operand]
        if whole.type != value.type:
            raise PassFailure(tile.location, f"a tile reads {whole.type}, staged is {value.type}")
        tile.operands[operand] = value
        _erase_unused(whole.owner)
    _direct(list(tiles.values()), last, site.target)
    _inline(site.region)


def _erase_unused(op: ir.Operation | ir.Block) -> None:
    """Drop a slice that nobody reads any more: MLIR would go on to tile its source for it."""
    if not isinstance(op, ir.Block) and not any(True for _ in op.results[0].uses):
        op.erase()


def _direct(tiles: Sequence[ir.Operation], last: ir.Operation, target: ir.Value) -> None:
    """Compute in place where the ops accumulate in place; other results stay in the array."""
    first = last
    while _is_member(init := first.operands[len(first.operands) - 1]):
        first = init.owner
    for op in tiles:
        number = len(op.operands) - 1
        if op == first:
            op.operands[number] = target
        elif not _is_member(op.operands[number]):
            with ir.InsertionPoint(op), op.location:
                op.operands[number] = bufferization.alloc_tensor(op.operands[number].type, [])


def _inline(region: ir.Operation) -> None:
    """The site's ops, where the site was."""
    block = region.regions[0].blocks[0]
    *ops, end = [op.operation for op in block.operations]
    for op in ops:
        op.move_before(region)
    region.results[0].replace_all_uses_with(end.operands[0])
    region.erase()


def _yielded(site: Site) -> ir.Operation:
    """The tile that the site's region yields."""
    operations = site.region.regions[0].blocks[0].operations
    value = operations[len(operations) - 1].operands[0]
    if not _is_member(value):
        raise PassFailure(value.location, "MLIR cannot tile this op: run --optimus-normalize first")
    return value.owner


def _is_member(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and MEMBER in value.owner.attributes


def _tiles(last: ir.Operation) -> Iterator[ir.Operation]:
    """The tiled ops of a cluster, last first."""
    pending = [last]
    while pending:
        op = pending.pop()
        yield op
        pending += [operand.owner for operand in op.operands if _is_member(operand)]
