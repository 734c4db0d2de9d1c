"""Running steps over a module."""

from pathlib import Path

import pytest
from fake_passes import BothPass, CrashPass, InvalidPass, MarkPass, RefusePass

from optimus_mlir.errors import OptimusError, PassFailure
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.mlir.diagnostics import DiagnosedError, Diagnostic, diagnostics_of, listening
from optimus_mlir.mlir.program import parse_program
from optimus_mlir.mlir.run import PassCrash, check_steps

ADD_ZERO = b"""func.func @add_zero(%a: i64) -> i64 {
  %zero = arith.constant 0 : i64
  %sum = arith.addi %a, %zero : i64
  return %sum : i64
}"""


@pytest.fixture
def module() -> ir.Module:
    return parse_program(ADD_ZERO, new_context())


def test_python_and_upstream_steps_mix(module: ir.Module) -> None:
    run_passes(module, [MarkPass("a"), "canonicalize"])
    assert 'optimus.mark = "a"' in str(module)
    assert "arith.addi" not in str(module)


def test_composite_runs_by_itself(module: ir.Module) -> None:
    BothPass().run(module)
    assert 'optimus.mark = "both"' in str(module)
    assert "arith.addi" not in str(module)


def test_failure_of_a_pass_is_one_diagnostic(module: ir.Module) -> None:
    with pytest.raises(PassFailure) as raised:
        run_passes(module, [RefusePass()])
    (diagnostic,) = diagnostics_of(raised.value)
    assert str(diagnostic) == "-:1:1: error: 'add_zero' is not welcome: remove it"


def test_remarks_of_a_pass_are_heard(module: ir.Module) -> None:
    heard: list[Diagnostic] = []
    with listening(module.context, heard.append), pytest.raises(PassFailure):
        run_passes(module, [RefusePass()])
    assert [(d.severity, d.message) for d in heard] == [("remark", "looked at the module")]


def test_remarks_are_printed_if_nobody_listens(
    module: ir.Module, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PassFailure):
        run_passes(module, [RefusePass()])
    assert capsys.readouterr().err == "-: remark: looked at the module\n"


def test_failure_of_mlir_is_diagnosed(module: ir.Module) -> None:
    with pytest.raises(DiagnosedError, match="could not find a nested named sequence"):
        run_passes(module, ["transform-interpreter"])


def test_crash_leaves_a_reproducer(module: ir.Module, tmp_path: Path) -> None:
    file = tmp_path / "crash.mlir"
    with pytest.raises(PassCrash, match="fake-crash crashed: KeyError: 'a bug'"):
        run_passes(module, [MarkPass("before"), CrashPass(), "cse"], reproducer=file)
    text = file.read_text()
    assert text.startswith(
        "// optimus-opt crash.mlir --pass-pipeline='builtin.module(fake-crash,cse)'\n"
    )
    program = str(parse_program(text.encode(), new_context()))
    assert 'optimus.mark = "before"' in program
    assert "half_done" not in program


def test_crash_is_told_even_if_the_reproducer_cannot_be_written(
    module: ir.Module, tmp_path: Path
) -> None:
    with pytest.raises(PassCrash, match=r"'a bug'; .* could not be written") as raised:
        run_passes(module, [CrashPass()], reproducer=tmp_path / "no" / "folder.mlir")
    assert "No such file" in str(raised.value)


def test_crash_without_reproducer_is_the_exception_itself(module: ir.Module) -> None:
    with pytest.raises(KeyError):
        run_passes(module, [CrashPass()])


def test_invalid_program_is_a_crash_of_the_pass_that_left_it(
    module: ir.Module, tmp_path: Path
) -> None:
    file = tmp_path / "crash.mlir"
    with pytest.raises(PassCrash, match=r"fake-invalid crashed: InvalidProgram: .*'sym_name'"):
        run_passes(module, [InvalidPass()], reproducer=file)
    assert "@add_zero" in file.read_text()


def test_dump_shows_each_step_and_what_composites_do(module: ir.Module, tmp_path: Path) -> None:
    run_passes(module, ["cse", BothPass()], dump_after_all=tmp_path / "dump")
    assert sorted(path.name for path in (tmp_path / "dump").iterdir()) == [
        "01-cse.mlir",
        "02-fake-mark.mlir",
        "03-canonicalize.mlir",
        "04-func.func-cse.mlir",
    ]


def test_unknown_steps_are_found_before_anything_runs() -> None:
    with pytest.raises(OptimusError, match="unknown pass 'cze'"):
        check_steps([MarkPass(), "cze"], new_context())
