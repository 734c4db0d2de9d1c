"""optimus-opt with Python passes; test/lit/opt shows the rest of its contract."""

import subprocess
import sys
from pathlib import Path

import pytest

from optimus_mlir.cli.opt import main

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "f.mlir"
    file.write_text("func.func @f() {\n  return\n}\n")
    return file


def test_python_passes_run_with_options(program: Path, capfdbinary) -> None:
    assert main([str(program), "--fake-mark=mark-text=one", "--cse", "--fake-mark=count=2"]) == 0
    assert b'optimus.mark = "herehere"' in capfdbinary.readouterr().out


def test_failure_names_the_place_in_the_file(program: Path, capfd) -> None:
    assert main([str(program), "--fake-refuse"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{program}: remark: looked at the module",
        f"{program}:1:1: error: 'f' is not welcome: remove it",
    ]


def test_failure_can_be_expected(program: Path) -> None:
    expected = "// expected-remark @unknown {{looked}}\n// expected-error @below {{not welcome}}\n"
    program.write_text(expected + program.read_text())
    assert main([str(program), "--fake-refuse", "--verify-diagnostics"]) == 0


def test_crash_is_one_line_and_a_reproducer(program: Path, tmp_path: Path, capfd) -> None:
    crash = tmp_path / "crash.mlir"
    flag = f"--mlir-pass-pipeline-crash-reproducer={crash}"
    assert main([str(program), "--fake-crash", flag, "-o", str(tmp_path / "out")]) == 1
    assert capfd.readouterr().err == (
        "optimus-opt: error: fake-crash crashed: KeyError: 'a bug'; "
        f"the program before it and how to run it are in {crash}\n"
    )
    assert crash.exists()
    assert not (tmp_path / "out").exists()


def test_dump_that_cannot_be_written_is_one_line(program: Path, capfd) -> None:
    assert main([str(program), "--cse", "--dump-after-all", str(program)]) == 1
    assert capfd.readouterr().err == f"optimus-opt: error: {program}: File exists\n"


def test_wrong_option_is_one_line(program: Path, capfd) -> None:
    assert main([str(program), "--fake-mark=cuont=2"]) == 1
    assert capfd.readouterr().err == (
        "optimus-opt: error: fake-mark: unknown option 'cuont' (did you mean 'count'?); "
        "its options are: mark-text, count, scale, loud, colour\n"
    )


def test_help_shows_passes_options_and_defaults(capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    out = capsys.readouterr().out
    assert "--fake-mark" in out
    assert "Write a mark on the module." in out
    assert "mark-text=here" in out
    assert "colour=red" in out
    assert "(red, blue)" in out
    assert "depth=<int>" in out


def test_starts_without_pytorch() -> None:
    code = "import sys, optimus_mlir.cli.opt; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
