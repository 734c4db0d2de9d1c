"""What `optimus run`, `plan` and `compile` do with a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from optimus_mlir.analysis.groups import find_main
from optimus_mlir.analysis.static_shapes import keep_static_shapes, require_static_shapes
from optimus_mlir.cli.compilation import REPRODUCER, Compilation, Planned
from optimus_mlir.cli.costs import costs_of
from optimus_mlir.cli.difference import Difference, compare
from optimus_mlir.cli.explain import Explained, explained
from optimus_mlir.cli.models import Model, load_model
from optimus_mlir.cli.options import Options, RunOptions
from optimus_mlir.cli.output import STANDARD_STREAM, write_output
from optimus_mlir.cli.plans import save_plan
from optimus_mlir.cli.profile import print_profile
from optimus_mlir.cli.progress import Progress, progress_on_terminal
from optimus_mlir.cli.report import GroupReport, Report
from optimus_mlir.cli.report_json import report_as_json
from optimus_mlir.cli.report_table import print_report
from optimus_mlir.cli.terminal import stdout_console
from optimus_mlir.cli.trace import write_trace
from optimus_mlir.cost.totals import total_of
from optimus_mlir.errors import OptimusError
from optimus_mlir.frontends.inputs import load_inputs, random_inputs
from optimus_mlir.fusion.objective import objective_of
from optimus_mlir.mlir import ir, new_context
from optimus_mlir.mlir.constants import Array
from optimus_mlir.mlir.diagnostics import Diagnostic, listening
from optimus_mlir.mlir.program import Printing, print_program
from optimus_mlir.mlir.run import reproducing
from optimus_mlir.passes.convert_accel_to_llvm import ConvertAccelToLlvmPass
from optimus_mlir.runtime.emulator import Execution, emulate
from optimus_mlir.runtime.interpreter import interpret
from optimus_mlir.runtime.object_cache import ObjectCache, temporary_cache

BYTECODE_SUFFIX = ".mlirbc"


@contextmanager
def opened(
    options: Options, progress: Progress, cache: ObjectCache | None = None
) -> Iterator[tuple[Model, Compilation]]:
    """The model, ready to be planned, while remarks about it go to stderr."""
    objective_of(options.target.objective, options.target.load_accelerator())  # or fail at once
    context = new_context()
    with listening(context, _ignore if options.is_quiet else _print):
        with progress.step("import", f"importing {options.model}"):
            model = load_model(options.model, context)
            keep_static_shapes(model.module)
            require_static_shapes(model.module)
        yield model, Compilation(model.module, options, progress, cache)


def plan_model(options: Options, save: str | None = None, *, explain: bool = False) -> int:
    progress = _progress(options)
    with opened(options, progress) as (_, compilation):
        planned = compilation.plan()
    if save is not None:
        save_plan(save, options, planned)
    why = explained(planned, options.target.objective, progress) if explain else None
    return _show(options, _report(options, planned, progress), why)


def compile_model(options: Options, output: str) -> int:
    if options.as_json and output == STANDARD_STREAM:
        raise OptimusError("--json and -o - both write to stdout: give a file to one of them")
    progress = _progress(options)
    with opened(options, progress) as (_, compilation):
        planned = compilation.plan()
        compilation.compile()
        is_bytecode = Path(output).suffix == BYTECODE_SUFFIX
        write_output(output, print_program(compilation.module, Printing(bytecode=is_bytecode)))
    return _show(options, _report(options, planned, progress)) if options.as_json else 0


def run_model(options: Options, how: RunOptions) -> int:
    if how.profile and options.as_json:
        raise OptimusError("--profile prints a table: leave out --json")
    if how.profile and how.backend != "jit":
        raise OptimusError("--profile is about machine code: leave out --backend")
    if how.threads > 1 and how.backend != "jit":
        raise OptimusError("--threads is about machine code: leave out --backend")
    if how.threads > 1 and how.profile:
        raise OptimusError("--profile times one thread: leave out --threads")
    progress = _progress(options)
    cache = None if how.no_cache else ObjectCache.of_user()
    with opened(options, progress, cache) as (model, compilation):
        inputs = _inputs(model, how)
        planned = compilation.plan()
        compilation.compile()
        if how.trace is not None:
            write_trace(how.trace, compilation.module, planned.groups, planned.accelerator)
        execution = _execute(compilation.module, inputs, progress, how)
        with progress.step(None, f"comparing with {model.reference_name}"):
            expected = model.reference(inputs)
            difference = compare(execution.outputs, expected, model.reference_name)
    status = _show(options, _report(options, planned, progress, execution, difference))
    if execution.profile:
        print_profile(execution.profile, stdout_console())
    return status


def _progress(options: Options) -> Progress:
    is_silent = options.is_quiet or options.as_json
    return Progress() if is_silent else progress_on_terminal()


def _inputs(model: Model, how: RunOptions) -> list[Array]:
    """Those that the user gives, those that came with the model, or random ones."""
    main = find_main(model.module)
    if how.inputs:
        return load_inputs(how.inputs, main)
    if model.inputs is not None and how.seed is None:
        return model.inputs
    return random_inputs(main, how.seed or 0)


def _execute(
    module: ir.Module, inputs: Sequence[Array], progress: Progress, how: RunOptions
) -> Execution:
    if how.backend == "numpy":
        return _interpret(module, inputs, progress)
    with temporary_cache() if how.no_cache else nullcontext(ObjectCache.of_user()) as cache:
        return _emulate(module, inputs, progress, cache, how)


def _emulate(
    module: ir.Module,
    inputs: Sequence[Array],
    progress: Progress,
    cache: ObjectCache,
    how: RunOptions,
) -> Execution:
    crash = reproducing(module.operation, "the emulator", [ConvertAccelToLlvmPass()], REPRODUCER)
    with progress.step(None, "running on the emulator"), crash:
        execution = emulate(module, inputs, cache, timed=how.profile, threads=how.threads)
    progress.seconds["compile"] += execution.compile_seconds
    progress.seconds["run"] += execution.run_seconds
    return execution


def _interpret(module: ir.Module, inputs: Sequence[Array], progress: Progress) -> Execution:
    crash = reproducing(module.operation, "the interpreter", [], REPRODUCER)
    with progress.step("run", "running on the NumPy interpreter"), crash:
        return interpret(module, inputs)


def _report(
    options: Options,
    planned: Planned,
    progress: Progress,
    execution: Execution | None = None,
    difference: Difference | None = None,
) -> Report:
    counts = {count.number: count for count in execution.groups} if execution else {}
    costs = costs_of(planned.groups, planned.graph, planned.accelerator)
    groups = tuple(
        GroupReport(group, cost, counts.get(group.number))
        for group, cost in zip(planned.groups, costs, strict=True)
    )
    baseline = [group.price.cost for group in planned.layer_by_layer.groups]
    layers = total_of(baseline, planned.accelerator)
    seconds = progress.seconds
    return Report(options.model, options.target, planned, groups, layers, seconds, difference)


def _show(options: Options, report: Report, why: Explained | None = None) -> int:
    """Print the report, then what is wrong in it; the exit code."""
    if options.as_json:
        print(report_as_json(report, why and why.fields()))
    else:
        print_report(report, stdout_console())
        if why is not None:
            print()
            why.print()
    sys.stdout.flush()
    complaints = list(report.complaints())
    for complaint in complaints:
        print(f"optimus: error: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


def _print(diagnostic: Diagnostic) -> None:
    print(diagnostic, file=sys.stderr)


def _ignore(_: Diagnostic) -> None: ...
