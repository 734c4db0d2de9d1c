"""The command line of `optimus-opt`: its own options, and passes in the order they are given."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, NoReturn

from optimus_mlir import __version__
from optimus_mlir.cli.output import STANDARD_STREAM
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import registry
from optimus_mlir.mlir.pass_base import Option, Step
from optimus_mlir.mlir.pipeline import make_step, parse_pipeline
from optimus_mlir.mlir.program import Printing

_PIPELINE_FLAG = "--pass-pipeline"


@dataclass(frozen=True)
class Arguments:
    """A command line that has been understood."""

    input: str
    output: str
    steps: tuple[Step, ...]
    printing: Printing
    allows_unregistered_dialects: bool
    splits_input: bool
    verifies_diagnostics: bool
    dump_after_all: Path | None
    crash_reproducer: Path


class _Parser(argparse.ArgumentParser):
    """Knows its flags, and reports a bad command line as an OptimusError."""

    def __init__(self, **settings: Any) -> None:
        self.flags: set[str] = set()
        super().__init__(**settings)

    def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
        self.flags.update(name for name in names if name.startswith("-"))
        return super().add_argument(*names, **settings)

    def error(self, message: str) -> NoReturn:  # not with exit code 2 and the whole usage
        raise OptimusError(f"{message} (see optimus-opt --help)")


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Raises OptimusError for a bad command line, and SystemExit after --help or --version."""
    parser = _parser()
    own, steps = _take_out_passes(argv, parser.flags)
    options = parser.parse_args(own)
    if options.help:
        print(help_text(parser))
        raise SystemExit(0)
    return Arguments(
        input=options.input,
        output=options.o,
        steps=tuple(steps),
        printing=Printing(
            bytecode=options.emit_bytecode,
            generic=options.mlir_print_op_generic,
            locations=options.mlir_print_debuginfo,
            most_elements=options.mlir_elide_elementsattrs_if_larger,
            most_resource_characters=options.mlir_elide_resource_strings_if_larger,
        ),
        allows_unregistered_dialects=options.allow_unregistered_dialect,
        splits_input=options.split_input_file,
        verifies_diagnostics=options.verify_diagnostics,
        dump_after_all=options.dump_after_all,
        crash_reproducer=options.mlir_pass_pipeline_crash_reproducer,
    )


def help_text(parser: argparse.ArgumentParser) -> str:
    lines = [parser.format_help(), "passes of installed Python packages (run in the order given):"]
    for name in registry.pass_names():
        lines += _describe_pass(name)
    lines += [
        "",
        "Every pass of MLIR and torch-mlir works too, by its own name, before, between and after:",
        "  optimus-opt model.mlir --canonicalize --cse --inline='max-iterations=2'",
    ]
    return "\n".join(lines)


def _parser() -> _Parser:
    parser = _Parser(
        prog="optimus-opt",
        usage="optimus-opt [FILE] [-o FILE] [--PASS[='OPTION=VALUE ...']] ... [options]",
        description="Read MLIR, run passes in the order given, write MLIR.",
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=44, width=100),
        add_help=False,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "input",
        nargs="?",
        default=STANDARD_STREAM,
        metavar="FILE",
        help="text or bytecode; - for stdin",
    )
    add("-o", default=STANDARD_STREAM, metavar="FILE", help="output, written only upon success")
    add(
        _PIPELINE_FLAG,
        metavar="TEXT",
        help="passes as builtin.module(a,func.func(b),c{option=value}); may stand among flags",
    )
    add("--allow-unregistered-dialect", action="store_true", help="keep ops of unknown dialects")
    add("--emit-bytecode", action="store_true", help="write bytecode instead of text")
    add("--split-input-file", action="store_true", help="programs end at lines of // -----")
    add(
        "--verify-diagnostics", action="store_true", help="check // expected-error {{...}} comments"
    )
    add(
        "--dump-after-all", type=Path, metavar="DIR", help="write the program there after each pass"
    )
    add(
        "--mlir-elide-elementsattrs-if-larger",
        type=int,
        metavar="N",
        help="shorten larger constants",
    )
    add(
        "--mlir-elide-resource-strings-if-larger",
        type=int,
        metavar="N",
        help="omit longer resources",
    )
    add("--mlir-print-debuginfo", action="store_true", help="print locations")
    add("--mlir-print-op-generic", action="store_true", help="print all ops in the generic form")
    add(
        "--mlir-pass-pipeline-crash-reproducer",
        type=Path,
        default=Path("optimus-opt-crash.mlir"),
        metavar="FILE",
        help="where the program goes if a pass crashes (default: %(default)s)",
    )
    add("--version", action="version", version=f"optimus-opt {__version__}")
    add("-h", "--help", action="store_true", help="this text")
    return parser


def _take_out_passes(
    argv: Sequence[str], own_flags: AbstractSet[str]
) -> tuple[list[str], list[Step]]:
    """Split the arguments into the tool's own and the passes.

    Only `--pass=options` gives options to a pass, so that `--pass FILE` does not swallow the file.
    """
    own: list[str] = []
    steps: list[Step] = []
    rest = iter(argv)
    for argument in rest:
        flag, equals, value = _with_two_dashes(argument).partition("=")
        if flag == _PIPELINE_FLAG:
            steps += parse_pipeline(value if equals else next(rest, ""))
        elif flag in own_flags or not flag.startswith("--"):
            own.append(flag + equals + value)
        else:
            steps.append(make_step(flag.removeprefix("--"), value))
    return own, steps


def _with_two_dashes(argument: str) -> str:
    """MLIR's tools take `-cse` for `--cse`."""
    flag = argument.partition("=")[0]
    is_long = len(flag) > 2 and flag[0] == "-" and flag[1] != "-"
    return "-" + argument if is_long else argument


def _describe_pass(name: str) -> list[str]:
    try:
        pass_class = registry.find_pass(name)
    except OptimusError as error:
        return [f"  --{name}", f"      not usable: {error}"]
    if pass_class is None:
        return []
    summary = f"  --{name:<26} {pass_class.summary()}"
    return [summary, *map(_describe_option, pass_class.options())]


def _describe_option(option: Option) -> str:
    default = "" if option.default is MISSING else _shown(option.default)
    value = default or f"<{option.type.__name__}>"
    choices = f" ({', '.join(map(str, option.choices))})" if option.choices else ""
    return f"      {f'{option.name}={value}':<24} {option.meaning}{choices}".rstrip()


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
