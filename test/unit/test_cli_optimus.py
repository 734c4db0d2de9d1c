"""`optimus` from its command line; test/lit/optimus shows the rest of its contract."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimus_mlir.cli import commands, models
from optimus_mlir.cli.optimus import main
from optimus_mlir.fusion import solvers

MATMUL = """\
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>)
                     outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(MATMUL)
    return "model.mlir"


def save(name: str, array: Any) -> str:
    np.save(name, array)
    return name


def emulate_with(change: Callable[..., Any]) -> Callable[..., Any]:
    real = commands.emulate
    return lambda *arguments, **options: change(real(*arguments, **options))


def test_run_counts_what_was_predicted(model: str, capsys) -> None:
    assert main(["run", model, "--json"]) == 0
    out, err = capsys.readouterr()
    fields = json.loads(out)
    assert err == ""
    assert fields["dram_bytes"]["predicted"] == fields["dram_bytes"]["counted"] == 236
    assert fields["max_abs_error"] == 0
    assert min(fields["seconds"].values()) > 0


def test_plan_has_the_keys_of_run(model: str, capsys) -> None:
    main(["run", model, "--json"])
    run = json.loads(capsys.readouterr().out)
    assert main(["plan", model, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert list(plan) == list(run)
    assert plan["groups"][0].keys() == run["groups"][0].keys()


def test_inputs_come_from_files(model: str, capsys) -> None:
    x = save("x.npy", np.ones((6, 8), np.int32))
    w = save("w.npy", np.ones((8, 5), np.int32))
    assert main(["run", model, "--input", x, "--input", w]) == 0
    assert main(["run", model, "--input", x, "--input", x]) == 1
    assert capsys.readouterr().err == (
        "optimus: error: x.npy: must hold int32 of shape [8, 5], got int32 of shape [6, 8]\n"
    )


def test_other_bytes_than_predicted_fail_the_run(model: str, capsys, monkeypatch) -> None:
    def one_byte_more(execution: Any) -> Any:
        (count,) = execution.groups
        return replace(execution, groups=(replace(count, dram_write_bytes=(61,)),))

    monkeypatch.setattr(commands, "emulate", emulate_with(one_byte_more))
    assert main(["run", model]) == 1
    out, err = capsys.readouterr()
    assert "NOT 236 B" in out
    assert err == "optimus: error: group 0: DRAM bytes written: predicted 60, counted 61\n"


def test_wrong_results_fail_the_run(model: str, capsys, monkeypatch) -> None:
    def off_by_one(execution: Any) -> Any:
        return replace(execution, outputs=[array + 1 for array in execution.outputs])

    monkeypatch.setattr(commands, "emulate", emulate_with(off_by_one))
    assert main(["run", model]) == 1
    assert capsys.readouterr().err == (
        "optimus: error: the results differ by up to 1 from those of the plain lowering\n"
    )


def test_crash_is_one_line_and_a_reproducer(model: str, capsys, monkeypatch) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(commands, "emulate", crash)
    assert main(["run", model]) == 1
    assert capsys.readouterr().err == (
        "optimus: error: the emulator crashed: KeyError: 'a bug'; "
        "the program before it and how to run it are in optimus-crash.mlir\n"
    )
    assert "convert-accel-to-llvm" in Path("optimus-crash.mlir").read_text()


@pytest.mark.parametrize("command", ["compare", "explain", "sweep"])
def test_a_crash_of_the_planner_is_one_too(command: str, model: str, capsys, monkeypatch) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(solvers, "solve_with", crash)
    assert main([command, model, "--set", "element_bits=16"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "optimus: error: planning crashed: KeyError: 'a bug'; "
        "the program before it and how to run it are in optimus-crash.mlir"
    )
    assert "optimus-group{set=element_bits=16}" in Path("optimus-crash.mlir").read_text()


def test_zoo_without_pytorch_says_what_to_install(capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["plan", "zoo:resnet18"]) == 1
    assert capsys.readouterr().err == (
        "optimus: error: zoo:resnet18 needs PyTorch: pip install 'optimus-mlir[torch]'\n"
    )


def test_zoo_is_compared_with_pytorch(capsys, monkeypatch) -> None:
    import torch

    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.ReLU()).eval()
    inputs = (torch.zeros(1, 3, 8, 8),)
    monkeypatch.setattr(models, "zoo_model", lambda _: (network, inputs))
    assert main(["run", "zoo:small", "--json"]) == 0
    fields = json.loads(capsys.readouterr().out)
    assert fields["reference"] == "PyTorch"
    assert fields["matches_reference"]


def test_quiet_leaves_out_remarks(model: str, capsys) -> None:
    assert main(["plan", model, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("arguments", [["--help"], ["accelerators"], ["accelerators", "list"]])
def test_starts_without_mlir(arguments: list[str]) -> None:
    code = (
        "import sys; from optimus_mlir.cli.optimus import main; main(sys.argv[1:]); "
        "sys.exit(bool({'torch', 'torch_mlir', 'numpy'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)


def test_runs_files_without_pytorch(model: str) -> None:
    code = (
        "import sys; from optimus_mlir.cli.optimus import main; "
        "sys.exit(main(sys.argv[1:]) or 'torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, "run", model], check=True, capture_output=True)
