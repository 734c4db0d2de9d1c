"""The transform schedule: how MLIR cuts operators into tiles, to be printed, edited and fed back.

A sequence for each group, of the name of its function; its payload are the group's tiles as
`tiling.tiles` leaves them, functions labelled with operator and shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from optimus_mlir.errors import OptimusError, PassFailure, did_you_mean
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.schedules import apply_sequence, sequences
from optimus_mlir.tiling.tiles import TILE

SCHEDULE = """\
// How the operators of each group are cut into tiles. To run it with changes of yours:
// --optimus-tile-and-fuse="schedule=FILE"
module attributes {{transform.with_named_sequence}} {{
  // Computes the slice that a tile is by tiles of the operator's ops.
  transform.named_sequence private @cut(%tile: !transform.any_op {{transform.readonly}}) {{
    %ops = transform.structured.match interface{{TilingInterface}}
      in %tile : (!transform.any_op) -> !transform.any_op
    %slice = transform.structured.match ops{{["scf.execute_region"]}}
      in %tile : (!transform.any_op) -> !transform.any_op
    %tiled, %region = transform.structured.fuse_into_containing_op %ops into %slice
      : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.apply_dce to %tile : !transform.any_op
    transform.yield
  }}
{sequences}}}
"""

SEQUENCE = """
  transform.named_sequence {group}(%group: !transform.any_op {{transform.readonly}}) {{
{tiles}    transform.yield
  }}
"""

TILED = """\
    %{name} = transform.structured.match attributes {{{TILE} = "{label}"}}
      in %group : (!transform.any_op) -> !transform.any_op
    transform.include @cut failures(propagate) (%{name}) : (!transform.any_op) -> ()
"""


def schedule_text(groups: Mapping[str, Iterable[str]]) -> str:
    """The schedule that cuts every tile of every group; tiles go by their labels."""
    return SCHEDULE.format(sequences="".join(_sequence(*group) for group in groups.items()))


def _sequence(group: str, labels: Iterable[str]) -> str:
    tiles = [TILED.format(name=label.replace(" ", "."), label=label, TILE=TILE) for label in labels]
    return SEQUENCE.format(group=ir.FlatSymbolRefAttr.get(group), tiles="".join(tiles))


def cut(tiles: ir.Module, schedule: ir.Module, group: str) -> None:
    """Apply the sequence of a group to its tiles."""
    apply_sequence(tiles, schedule, sequences(schedule)[group])


def require_groups(schedule: ir.Module, source: str, groups: Mapping[str, Sequence[str]]) -> None:
    """Refuse a schedule that lacks a group, or names a group or a tile that is not there.

    A private sequence belongs to the others: it is nobody's own.
    """
    own = {name: op for name, op in sequences(schedule).items() if not _is_private(op)}
    for name in groups:
        if name not in own:
            raise OptimusError(f"{source}: no transform.named_sequence for the group @{name}")
    for name, sequence in own.items():
        if name not in groups:
            raise OptimusError(
                f"{source}: there is no group @{name}{did_you_mean(name, groups)}; "
                "a sequence for others to include must be private"
            )
        _require_tiles(name, sequence, groups[name])


def _require_tiles(group: str, sequence: ir.Operation, labels: Sequence[str]) -> None:
    for op in sequence.regions[0].blocks[0].operations:
        wanted = op.attributes.get("op_attrs", {})
        label = ir.StringAttr(wanted[TILE]).value if TILE in wanted else None
        if label is not None and label not in labels:
            hint, choice = did_you_mean(label, labels), ", ".join(labels)
            raise PassFailure(op.location, f"@{group} has no tile {label!r}{hint}: choose {choice}")


def _is_private(sequence: ir.Operation) -> bool:
    if "sym_visibility" not in sequence.attributes:
        return False
    return ir.StringAttr(sequence.attributes["sym_visibility"]).value == "private"
