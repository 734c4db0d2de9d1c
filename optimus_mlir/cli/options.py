"""The options that `optimus run`, `plan` and `compile` share, as one value."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from optimus_mlir.target import Accelerator


@dataclass(frozen=True)
class Target:
    """What to compile for, and how to search; `fields` are changes like `element_bits=8`."""

    accelerator: str
    fields: tuple[str, ...]
    objective: str
    solver: str
    plan: str = ""  # a file to replay, which names its accelerator
    time_limit: float = math.inf

    def load_accelerator(self) -> Accelerator:
        from optimus_mlir.target import load_accelerator, with_fields

        if self.plan:
            from optimus_mlir.fusion.plan_file import read_plan

            return with_fields(read_plan(self.plan).target(), self.fields)
        return with_fields(load_accelerator(self.accelerator), self.fields)

    @property
    def planner(self) -> str:
        """Who decides on the groups: a solver or a file."""
        return self.plan or self.solver


@dataclass(frozen=True)
class Options:
    """Everything that the commands on a model have in common."""

    model: str
    target: Target
    dump_after_all: Path | None
    as_json: bool
    is_quiet: bool


@dataclass(frozen=True)
class RunOptions:
    """How `optimus run` runs what it compiled, and what else it writes."""

    inputs: tuple[str, ...] = ()
    seed: int | None = None
    backend: str = "jit"
    trace: str | None = None
    no_cache: bool = False
    profile: bool = False
    threads: int = 1


class SolverName(click.ParamType):
    """One of the solvers, whose code takes time to import: not before it is asked for."""

    name = "solver"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        return f"[{'|'.join(_solvers())}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in _solvers():
            self.fail(f"{value!r} is not one of {', '.join(_solvers())}.", param, ctx)
        return value


def _solvers() -> list[str]:
    from optimus_mlir.fusion import SOLVERS

    return sorted(SOLVERS)


def print_schema(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    """The JSON schema of plan files, instead of a command."""
    if is_wanted:
        from optimus_mlir.fusion.plan_file import json_schema

        click.echo(json.dumps(json_schema(), indent=2))
        context.exit()


_DECORATORS = (
    click.argument("model"),
    click.option(
        "--accelerator",
        default="eyeriss",
        show_default=True,
        metavar="NAME|FILE.yaml",
        help="What to compile for: see 'optimus accelerators'.",
    ),
    click.option(
        "--set",
        "fields",
        multiple=True,
        metavar="FIELD=VALUE",
        help="Change a field of the accelerator: --set scratchpad_bytes=64KiB (repeatable).",
    ),
    click.option(
        "--objective",
        type=click.Choice(["dram-bytes", "energy", "cycles"]),
        default="dram-bytes",
        show_default=True,
        help="What the plan minimises; each group moves as few DRAM bytes as it can.",
    ),
    click.option(
        "--solver",
        type=SolverName(),
        default="online",
        show_default=True,
        help="How to search.",
    ),
    click.option(
        "--plan",
        "plan_file",
        default="",
        metavar="FILE.json",
        help="Replay this plan, for the accelerator in it, instead of searching.",
    ),
    click.option(
        "--time-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Of the search, which then says how far the plan may be from the best.",
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object, exact to the byte."
    ),
    click.option(
        "--dump-after-all",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Write the program there after each pass.",
    ),
    click.option("--quiet", "is_quiet", is_flag=True, help="No progress and no remarks on stderr."),
)


def _require_no_search() -> None:
    """What a plan says already cannot be asked for as well."""
    context = click.get_current_context()
    for name in ("accelerator", "objective", "solver"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--plan excludes --{name}: the file says it", context)


def takes_model(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the shared options; it gets them as its first argument, an `Options`."""

    @functools.wraps(command)
    def with_options(
        *,
        model: str,
        accelerator: str,
        fields: tuple[str, ...],
        objective: str,
        solver: str,
        plan_file: str,
        time_limit: float | None,
        as_json: bool,
        dump_after_all: Path | None,
        is_quiet: bool,
        **own: Any,
    ) -> int:
        if plan_file:
            _require_no_search()
        changes = tuple(change for field in fields for change in field.split(","))
        limit = math.inf if time_limit is None else time_limit
        target = Target(accelerator, changes, objective, solver, plan_file, limit)
        return command(Options(model, target, dump_after_all, as_json, is_quiet), **own)

    for decorate in reversed(_DECORATORS):
        with_options = decorate(with_options)
    return with_options
