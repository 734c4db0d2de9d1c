"""The options and the work that `optimus compare`, `sweep` and `explain` share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from optimus_mlir.analysis.dataflow import Dataflow
    from optimus_mlir.cli.progress import Progress
    from optimus_mlir.target import Accelerator


@dataclass(frozen=True)
class Study:
    """A model, and the accelerator to plan it for; nothing is compiled."""

    model: str
    accelerator_name: str
    fields: tuple[str, ...]
    as_json: bool
    is_quiet: bool
    seconds: float

    def load_accelerator(self) -> Accelerator:
        from optimus_mlir.target import load_accelerator, with_fields

        return with_fields(load_accelerator(self.accelerator_name), self.fields)

    def progress(self) -> Progress:
        from optimus_mlir.cli.progress import Progress, progress_on_terminal

        return Progress() if self.is_quiet or self.as_json else progress_on_terminal()

    @contextmanager
    def dataflow(self, progress: Progress) -> Iterator[Dataflow]:
        """The operators of the normalised model. What crashes while they are studied is reported."""
        from optimus_mlir.analysis.dataflow import read_dataflow
        from optimus_mlir.analysis.groups import find_main
        from optimus_mlir.analysis.static_shapes import require_static_shapes
        from optimus_mlir.cli.compilation import REPRODUCER
        from optimus_mlir.cli.models import load_model
        from optimus_mlir.mlir import ir, new_context, run_passes
        from optimus_mlir.mlir.run import reproducing
        from optimus_mlir.passes.group import GroupPass
        from optimus_mlir.passes.normalize import NormalizePass

        with progress.step("import", f"importing {self.model}"):
            model = load_model(self.model, new_context())
            require_static_shapes(model.module)
        with progress.step("plan", "normalising"):
            run_passes(model.module, [NormalizePass()], reproducer=REPRODUCER)
        steps = [GroupPass(accelerator=self.accelerator_name, set=",".join(self.fields))]
        with (
            model.module.context,
            ir.Location.unknown(),
            reproducing(model.module.operation, "planning", steps, REPRODUCER),
        ):
            yield read_dataflow(find_main(model.module).operation)


_DECORATORS = (
    click.argument("model"),
    click.option(
        "--accelerator",
        "accelerator_name",
        default="eyeriss",
        show_default=True,
        metavar="NAME|FILE.yaml",
        help="What to plan for: see 'optimus accelerators'.",
    ),
    click.option(
        "--set",
        "fields",
        multiple=True,
        metavar="FIELD=VALUE",
        help="Change a field of the accelerator: --set scratchpad_bytes=64KiB (repeatable).",
    ),
    click.option(
        "--time-limit",
        "seconds",
        type=click.FloatRange(min=0, min_open=True),
        default=60,
        show_default=True,
        metavar="SECONDS",
        help="Of each search; what it has not proved by then is its gap.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, exact to the byte."),
    click.option("--quiet", "is_quiet", is_flag=True, help="No progress on stderr."),
)


def takes_study(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command these options; it gets them as its first argument, a `Study`."""

    @functools.wraps(command)
    def with_options(
        *,
        model: str,
        accelerator_name: str,
        fields: tuple[str, ...],
        as_json: bool,
        is_quiet: bool,
        seconds: float,
        **own: Any,
    ) -> int:
        changes = tuple(change for field in fields for change in field.split(","))
        study = Study(model, accelerator_name, changes, as_json, is_quiet, seconds)
        return command(study, **own)

    for decorate in reversed(_DECORATORS):
        with_options = decorate(with_options)
    return with_options
