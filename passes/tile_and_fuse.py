"""--optimus-tile-and-fuse: turn each group's schedule into loops over tiles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from optimus_mlir.analysis import annotations
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import Pass, ir, option
from optimus_mlir.mlir.program import parse_program, read_program
from optimus_mlir.tiling.group import TiledGroup
from optimus_mlir.tiling.transforms import cut, require_groups, schedule_text


@dataclass(frozen=True)
class TileAndFusePass(Pass):
    """Tile the operators of each group and fuse them into its loops, as scheduled."""

    argument = "optimus-tile-and-fuse"
    schedule: str = option("", "file of a transform schedule to run instead of our own")
    print_schedule: str = option("", "file to write our own transform schedule to")

    def run(self, module: ir.Module) -> None:
        groups = _groups(module)
        labels = {name: group.labels for name, group in groups.items()}
        if self.print_schedule:
            _write(self.print_schedule, schedule_text(labels))
        schedule = self._schedule(labels)
        for name, group in groups.items():
            cut(group.payload, schedule, name)
            group.emit()

    def _schedule(self, labels: dict[str, list[str]]) -> ir.Module:
        if not self.schedule:
            return parse_program(schedule_text(labels).encode(), ir.Context.current)
        schedule = read_program(self.schedule, ir.Context.current)
        require_groups(schedule, self.schedule, labels)
        return schedule


def _groups(module: ir.Module) -> dict[str, TiledGroup]:
    functions = [
        f.operation for f in module.body.operations if annotations.SCHEDULE in f.attributes
    ]
    if not functions:
        return {}
    accelerator = annotations.read_accelerator(module.operation)
    return {
        ir.StringAttr(f.attributes["sym_name"]).value: TiledGroup(f, accelerator) for f in functions
    }


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text)
    except OSError as error:
        raise OptimusError(f"cannot write {path}: {error.strerror}") from None
