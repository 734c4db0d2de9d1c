"""Plans that split a reduction: saved, replayed, explained, executed; and refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from optimus_mlir.cli.optimus import main

LAYER = """
func.func @main(%x: tensor<1x16x16x16xf32>, %w: tensor<16x16x3x3xf32>, %y: tensor<1x16x14x14xf32>)
    -> tensor<1x16x14x14xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x16x14x14xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32>
  %c = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x16x16x16xf32>, tensor<16x16x3x3xf32>)
    outs(%i : tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32>
  %s = linalg.add ins(%c, %y : tensor<1x16x14x14xf32>, tensor<1x16x14x14xf32>)
    outs(%e : tensor<1x16x14x14xf32>) -> tensor<1x16x14x14xf32>
  return %s : tensor<1x16x14x14xf32>
}
"""
SMALL = "scratchpad_bytes=2KiB,accumulator_bits=8"
RESULT = 16 * 14 * 14


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The plan of a layer that moves less in two parts, as a file that tests may edit."""
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(LAYER)
    assert main(["plan", *ON_SMALL, "--save", "plan.json"]) == 0
    plan = json.loads(Path("plan.json").read_text())
    assert plan["splits"] == [{"operator": "conv0", "loop": 4, "sizes": [8, 8]}]
    assert [group["operators"] for group in plan["groups"]] == [["conv0.0"], ["conv0.1"]]
    return plan


ON_SMALL = ["model.mlir", "--accelerator", "generic", "--set", SMALL]


def run(plan: dict[str, Any], capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    Path("plan.json").write_text(json.dumps(plan))
    capsys.readouterr()
    assert main(["run", "model.mlir", "--plan", "plan.json", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_saved_plan_is_the_same_plan(plan: dict[str, Any], capsys: Any) -> None:
    counted = run(plan, capsys)["dram_bytes"]["counted"]
    assert counted == sum(group["price"]["dram_bytes"] for group in plan["groups"])
    assert main(["plan", "model.mlir", "--plan", "plan.json", "--save", "again.json"]) == 0
    assert json.loads(Path("again.json").read_text()) == plan | {"solver": "plan.json"}


@pytest.mark.parametrize("backend", ["jit", "numpy"])
def test_wide_sums_are_counted_as_such(plan: dict[str, Any], capsys: Any, backend: str) -> None:
    """Each part whole on chip: the sums are written once, and read once, at four bytes each."""
    wide = plan["accelerator"] | {"accumulator_bits": 32, "scratchpad_bytes": 2**17}
    groups = [{"operators": [name], "schedule": {}} for name in ("conv0.0", "conv0.1")]
    report = run(plan | {"accelerator": wide, "groups": groups}, capsys, "--backend", backend)
    first, last = (group["dram_bytes"]["counted"] for group in report["groups"])
    image, filters = 8 * 16 * 16, 16 * 8 * 9
    assert first == {"read": [image, filters], "written": [4 * RESULT]}
    assert last == {"read": [image, filters, 4 * RESULT, RESULT], "written": [RESULT]}


def test_parts_may_run_together(plan: dict[str, Any], capsys: Any) -> None:
    """Then the sums stay on chip."""
    large = plan["accelerator"] | {"scratchpad_bytes": 2**17}
    group = {"operators": ["conv0.0", "conv0.1"], "schedule": {}}
    report = run(plan | {"accelerator": large, "groups": [group]}, capsys)
    assert report["dram_bytes"]["counted"] == 16 * 16 * 16 + 16 * 16 * 9 + 2 * RESULT


def test_a_split_is_explained(plan: dict[str, Any], capsys: Any) -> None:
    assert plan["groups"][0]["names"]["v0"] == "live-out partial sums %conv0.0, 1x16x14x14"
    capsys.readouterr()
    assert main(["explain", *ON_SMALL]) == 0
    text = capsys.readouterr().out
    assert "group 0: conv0.0" in text
    assert "group 1: conv0.1" in text
    assert "conv0.0 and conv0.1 are not fused" in text
    assert "conv0 runs loop 4 in parts of 8 + 8, which move 18.5 KiB together" in text
    assert "whole it would move 19.6 KiB, and less than its parts in 2076 bytes or more" in text
    assert main(["plan", *ON_SMALL, "--explain"]) == 0
    assert capsys.readouterr().out.endswith(text)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"operator": "conv1"}, "splits[0].operator: the network has no 'conv1'"),
        ({"loop": 5}, "splits[0].loop: conv0 cannot be split along loop 5; its loops [4] can be"),
        ({"loop": 9}, "splits[0].loop: conv0 cannot be split along loop 9"),
        ({"sizes": [8, 7]}, "splits[0].sizes: must be positive and add up to 16, got [8, 7]"),
        ({"sizes": [16, 0]}, "splits[0].sizes: must be positive and add up to 16, got [16, 0]"),
        ({"sizes": []}, "splits[0].sizes: must be positive and add up to 16, got []"),
    ],
)
def test_what_cannot_be_split_is_refused(
    plan: dict[str, Any], capsys: Any, change: dict[str, Any], complaint: str
) -> None:
    plan["splits"][0] |= change
    Path("plan.json").write_text(json.dumps(plan))
    capsys.readouterr()
    assert main(["run", "model.mlir", "--plan", "plan.json"]) == 1
    assert f"plan.json: {complaint}" in capsys.readouterr().err


def test_no_operator_is_split_twice(plan: dict[str, Any], capsys: Any) -> None:
    plan["splits"] *= 2
    Path("plan.json").write_text(json.dumps(plan))
    assert main(["run", "model.mlir", "--plan", "plan.json"]) == 1
    assert "splits[1].operator: conv0 is split already" in capsys.readouterr().err
