"""MLIR programs as files and bytes, text or bytecode."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from torch_mlir import ir

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir.diagnostics import diagnosed

SPLIT_MARKER = b"// -----"


@dataclass(frozen=True)
class Printing:
    """How a program is written. By default whatever is printed can be read again."""

    bytecode: bool = False
    generic: bool = False
    locations: bool = False
    most_elements: int | None = None  # larger constants become `dense_resource<__elided__>`
    most_resource_characters: int | None = None  # longer resources are left out


def read_program(path: str, context: ir.Context) -> ir.Module:
    """The program in a file, text or bytecode; errors and locations name the file."""
    try:
        with Path(path).open("rb"):  # MLIR's own message would not say why it cannot be opened
            pass
    except OSError as error:
        raise OptimusError(f"cannot read {path}: {error.strerror}") from None
    with context, ir.Location.unknown():
        try:
            return ir.Module.parseFile(path)
        except ir.MLIRError as error:
            raise diagnosed(error, f"reading {path}") from None


def parse_program(source: bytes, context: ir.Context) -> ir.Module:
    """The program in `source`, text or bytecode; its locations say "-" for the file."""
    with context, ir.Location.unknown():
        try:
            return ir.Module.parse(source)
        except ir.MLIRError as error:
            raise diagnosed(error, "reading the program") from None


def split_programs(source: bytes) -> Iterator[bytes]:
    """The parts between `// -----` lines, each moved down to the line that it starts at."""
    line = 0
    for part in re.split(rb"^// -----[ \t\r]*$", source, flags=re.MULTILINE):
        yield b"\n" * line + part
        line += part.count(b"\n")


def print_program(module: ir.Module, printing: Printing) -> bytes:
    output = BytesIO()
    if printing.bytecode:
        module.operation.write_bytecode(output)
    else:
        module.operation.print(
            file=output,
            binary=True,
            large_elements_limit=printing.most_elements,
            large_resource_limit=printing.most_resource_characters,
            enable_debug_info=printing.locations,
            print_generic_op_form=printing.generic,
        )
    return output.getvalue()
