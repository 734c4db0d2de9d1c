"""`optimus-opt`: read MLIR, run passes in the order given, write MLIR."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import optimus_mlir.accel  # noqa: F401 # makes its dialect known to new contexts
from optimus_mlir.cli.expectations import complaints, read_expectations
from optimus_mlir.cli.opt_arguments import Arguments, parse_arguments
from optimus_mlir.cli.output import STANDARD_STREAM, write_output
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.mlir.diagnostics import Diagnostic, diagnostics_of, listening
from optimus_mlir.mlir.program import (
    SPLIT_MARKER,
    parse_program,
    print_program,
    read_program,
    split_programs,
)
from optimus_mlir.mlir.run import check_steps


@dataclass(frozen=True)
class Source:
    """One program to compile: a whole file, or bytes from stdin or out of a split file."""

    name: str
    content: bytes | None  # None: MLIR reads the file itself

    def parse(self, context: ir.Context) -> ir.Module:
        if self.content is None:
            return read_program(self.name, context)
        return parse_program(self.content, context)

    def text(self) -> str:
        content = Path(self.name).read_bytes() if self.content is None else self.content
        return content.decode(errors="replace")


def main(argv: Sequence[str] | None = None) -> int:
    try:
        arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
        context = new_context(allow_unregistered_dialects=arguments.allows_unregistered_dialects)
        check_steps(arguments.steps, context)
        return compile_sources(arguments, context)
    except OptimusError as error:
        print(f"optimus-opt: error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"optimus-opt: error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1


def compile_sources(arguments: Arguments, context: ir.Context) -> int:
    """Compile every program, report on all of them, and write the output if all went well."""
    outputs: list[bytes] = []
    failed = False
    for number, source in enumerate(_sources(arguments), start=1):
        output, found = _compile(source, arguments, context, number)
        problems = _check_expectations(source, found) if arguments.verifies_diagnostics else found
        for diagnostic in problems:
            print(
                diagnostic if diagnostic.position else f"optimus-opt: {diagnostic}", file=sys.stderr
            )
        failed |= any(diagnostic.severity == "error" for diagnostic in problems)
        if output is not None:
            outputs.append(output)
    if failed:
        return 1
    write_output(arguments.output, (SPLIT_MARKER + b"\n").join(outputs))
    return 0


def _sources(arguments: Arguments) -> Iterator[Source]:
    if arguments.input == STANDARD_STREAM:
        name, content = "<stdin>", sys.stdin.buffer.read()
    elif arguments.splits_input:
        name, content = arguments.input, _read_bytes(arguments.input)
    else:
        yield Source(arguments.input, None)
        return
    parts = split_programs(content) if arguments.splits_input else [content]
    yield from (Source(name, part) for part in parts)


def _compile(
    source: Source, arguments: Arguments, context: ir.Context, number: int
) -> tuple[bytes | None, list[Diagnostic]]:
    """The output (None upon failure) and everything that was said on the way."""
    found: list[Diagnostic] = []
    output = None
    dump = arguments.dump_after_all
    if dump is not None and arguments.splits_input:
        dump = dump / f"program-{number}"
    with listening(context, found.append):
        try:
            module = source.parse(context)
            run_passes(
                module,
                arguments.steps,
                dump_after_all=dump,
                reproducer=arguments.crash_reproducer,
            )
            output = print_program(module, arguments.printing)
        except OptimusError as error:
            found += diagnostics_of(error)
    return output, [diagnostic.in_file(source.name) for diagnostic in found]


def _check_expectations(source: Source, found: list[Diagnostic]) -> list[Diagnostic]:
    return list(complaints(read_expectations(source.text()), found, source.name))


def _read_bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise OptimusError(f"cannot read {path}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
