"""`optimus`: plan, compile and run a model for an accelerator."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from optimus_mlir import __version__
from optimus_mlir.cli.accelerators import accelerators
from optimus_mlir.cli.cache import cache
from optimus_mlir.cli.compare import compare
from optimus_mlir.cli.explain import explain
from optimus_mlir.cli.options import Options, RunOptions, print_schema, takes_model
from optimus_mlir.cli.replan import replan
from optimus_mlir.cli.sweep import sweep
from optimus_mlir.errors import OptimusError

MOST_THREADS = 64

READING_THE_TABLE = """\b
Reading the table:
  tile 1x64x7/56x56     a step makes 7 of 56 rows of the group's result
  streams conv2/32      conv2 reads its weights again at every step, in blocks of 32
  no windows            what neighbouring steps share is fetched or computed again
  scratchpad            bytes on chip at the worst moment of the group
"""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  optimus run zoo:resnet18
  optimus run model.mlir --input image.npy --set scratchpad_bytes=64KiB
  optimus plan model.mlir --solver layer-by-layer
  optimus compile model.mlir -o fused.mlir --accelerator mine.yaml
  optimus accelerators show eyeriss > mine.yaml
\b
Passes one by one: optimus-opt --help
""",
)
@click.version_option(__version__, prog_name="optimus", message="%(prog)s %(version)s")
def optimus() -> None:
    """Fuse the operators of a neural network for an accelerator with a small scratchpad.

    Groups of operators run together so that feature maps stay on chip. An exact model of memory
    traffic decides which; the compiled network runs on an emulator that counts every byte.
    """


for command in (accelerators, cache, compare, explain, replan, sweep):
    optimus.add_command(command)


@optimus.command(
    short_help="Plan, compile, run on the emulator, compare.",
    epilog="""\b
Examples:
  optimus run zoo:resnet18
  optimus run model.mlir --input image.npy --input mask.npy
  optimus run model.mlir --accelerator generic --set scratchpad_bytes=64KiB
  optimus run zoo:resnet18 --json > resnet18.json
  optimus run zoo:resnet18 --trace resnet18-trace.json

"""
    + READING_THE_TABLE,
)
@takes_model
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE.npy",
    help="Values of an argument (repeatable, in argument order). Without: those of net.py or .pt2, "
    "else random ones.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Random inputs of this seed (0 by default).",
)
@click.option(
    "--backend",
    type=click.Choice(["jit", "numpy"]),
    default="jit",
    show_default=True,
    help="Machine code, or the slow NumPy interpreter that defines the accel dialect.",
)
@click.option(
    "--trace",
    metavar="FILE.json",
    help="Write a timeline of DMA, compute and scratchpad that ui.perfetto.dev opens.",
)
@click.option(
    "--no-cache", is_flag=True, help="Plan and compile everything, keep nothing (see 'cache')."
)
@click.option(
    "--profile", is_flag=True, help="Also say which kernels took the time, and what has no vectors."
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    default=1,
    show_default=True,
    help="Run on so many of the host's cores: the same results and counts, sooner.",
)
def run(options: Options, **how: Any) -> int:
    """Plan, compile and run MODEL on the emulator, and compare with the predictions.

    MODEL is net.py:build, a function that returns a PyTorch module and its example inputs; or a
    file: .pt2 (torch.export.save), .onnx, or MLIR (linalg on tensors, text or bytecode; the network
    is the function main); or zoo:NAME, such as zoo:resnet18.

    The exit code is 1 if a group moves a byte more or less than predicted, or if the results are
    not those of PyTorch (zoo) or of MLIR's plain lowering (file).
    """
    from optimus_mlir.cli.commands import run_model

    return run_model(options, RunOptions(**how))


@optimus.command(
    short_help="Plan without running.",
    epilog="""\b
Examples:
  optimus plan model.mlir
  optimus plan model.mlir --solver layer-by-layer --json
  optimus plan model.mlir --save plan.json
  optimus plan zoo:resnet18 --explain
  optimus run model.mlir --plan plan.json

"""
    + READING_THE_TABLE,
)
@takes_model
@click.option(
    "--save", metavar="FILE.json", help="Write the plan there, to be edited and replayed."
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say why each group costs what it costs, what limits it, and why it is not larger.",
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_schema,
    help="Print the JSON schema of such a file, and nothing else.",
)
def plan(options: Options, save: str | None, *, explain: bool) -> int:
    """Plan MODEL without running it: groups, tiles, scratchpad and DRAM traffic.

    MODEL is net.py:build, a function that returns a PyTorch module and its example inputs; or a
    file: .pt2 (torch.export.save), .onnx, or MLIR (linalg on tensors, text or bytecode; the network
    is the function main); or zoo:NAME, such as zoo:resnet18.
    """
    from optimus_mlir.cli.commands import plan_model

    return plan_model(options, save, explain=explain)


@optimus.command(
    short_help="Write a program of the accelerator.",
    epilog="""\b
Examples:
  optimus compile model.mlir -o fused.mlir
  optimus compile zoo:resnet18 -o resnet18.mlirbc
""",
)
@takes_model
@click.option(
    "-o",
    "output",
    required=True,
    metavar="FILE",
    help="Written only upon success; bytecode if it ends in .mlirbc; - for stdout.",
)
def compile(options: Options, output: str) -> int:  # noqa: A001 # it is the command's name
    """Compile MODEL to a program of the accelerator (MLIR, accel dialect).

    MODEL is net.py:build, a function that returns a PyTorch module and its example inputs; or a
    file: .pt2 (torch.export.save), .onnx, or MLIR (linalg on tensors, text or bytecode; the network
    is the function main); or zoo:NAME, such as zoo:resnet18.
    """
    from optimus_mlir.cli.commands import compile_model

    return compile_model(options, output)


def main(argv: Sequence[str] | None = None) -> int:
    try:
        return optimus.main(argv, prog_name="optimus", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 1
    except click.ClickException as error:
        return _fail(_explained(error))
    except OptimusError as error:
        return _report(error)
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}")
    except click.Abort:
        return _fail("interrupted")


def _explained(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see {context.command_path} --help)" if context else ""
    return error.format_message().rstrip(".") + hint


def _report(error: OptimusError) -> int:
    from optimus_mlir.mlir.diagnostics import diagnostics_of

    for diagnostic in diagnostics_of(error):
        line = diagnostic if diagnostic.position else f"optimus: {diagnostic}"
        print(line, file=sys.stderr)
    return 1


def _fail(message: str) -> int:
    print(f"optimus: error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
