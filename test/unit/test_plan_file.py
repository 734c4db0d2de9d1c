"""Plans as files: what is written is read back, and a plan that breaks a rule is refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimus_mlir.cli.optimus import main
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.plan_file import PlanFile, json_schema, parse_plan

CHAIN = """
func.func @main(%x: tensor<1x2x8x6xf32>, %w: tensor<2x2x3x3xf32>, %v: tensor<2x2x1x1xf32>)
    -> tensor<1x2x6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2x6x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x6x4xf32>) -> tensor<1x2x6x4xf32>
  %a = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x2x8x6xf32>, tensor<2x2x3x3xf32>)
    outs(%i : tensor<1x2x6x4xf32>) -> tensor<1x2x6x4xf32>
  %b = linalg.conv_2d_nchw_fchw ins(%a, %v : tensor<1x2x6x4xf32>, tensor<2x2x1x1xf32>)
    outs(%i : tensor<1x2x6x4xf32>) -> tensor<1x2x6x4xf32>
  %c = linalg.conv_2d_nchw_fchw ins(%b, %v : tensor<1x2x6x4xf32>, tensor<2x2x1x1xf32>)
    outs(%i : tensor<1x2x6x4xf32>) -> tensor<1x2x6x4xf32>
  return %c : tensor<1x2x6x4xf32>
}
"""


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The plan of three convolutions in one group, as a file that tests may edit."""
    monkeypatch.chdir(tmp_path)
    Path("model.mlir").write_text(CHAIN)
    assert main(["plan", "model.mlir", "--accelerator", "generic", "--save", "plan.json"]) == 0
    plan = json.loads(Path("plan.json").read_text())
    assert [group["operators"] for group in plan["groups"]] == [["conv0", "conv1", "conv2"]]
    return plan


def replayed(plan: dict[str, Any], *arguments: str, command: str = "run") -> int:
    Path("plan.json").write_text(json.dumps(plan))
    return main([command, "model.mlir", "--plan", "plan.json", *arguments])


def alone(plan: dict[str, Any], *groups: list[str]) -> dict[str, Any]:
    """The plan with other groups, none of them tiled."""
    schedule = {"tiles": []}
    return plan | {"groups": [{"operators": names, "schedule": schedule} for names in groups]}


def test_a_saved_plan_is_the_same_plan(chain: dict[str, Any], capsys) -> None:
    capsys.readouterr()
    assert replayed(chain, "--json") == 0
    run = json.loads(capsys.readouterr().out)
    assert run["solver"] == "plan.json"
    assert run["groups"][0]["operators"] == chain["groups"][0]["operators"]
    assert run["dram_bytes"]["counted"] == chain["groups"][0]["price"]["dram_bytes"]
    assert replayed(chain, "--save", "again.json", command="plan") == 0
    again = json.loads(Path("again.json").read_text())
    assert again == chain | {"solver": "plan.json"}


def test_names_of_the_schedule_are_explained(chain: dict[str, Any]) -> None:
    assert chain["groups"][0]["names"] == {
        "op0": "conv0, loops 1x2x6x4x2x3x3",
        "op1": "conv1, loops 1x2x6x4x2x1x1",
        "op2": "conv2, loops 1x2x6x4x2x1x1",
        "in0": "%arg0, 1x2x8x6",
        "in1": "%arg1, 2x2x3x3",
        "in2": "%arg2, 2x2x1x1",
        "v0": "%conv0, 1x2x6x4",
        "v1": "%conv1, 1x2x6x4",
        "v2": "live-out %conv2, 1x2x6x4",
    }


def test_an_edited_plan_runs_as_edited(chain: dict[str, Any], capsys) -> None:
    edited = alone(chain, ["conv1", "conv2"], ["conv0"])
    edited["groups"][0]["schedule"] = {"tiles": [{"dimension": 2, "size": 4}]}
    capsys.readouterr()
    assert replayed(edited, "--json", "--backend", "numpy") == 0
    run = json.loads(capsys.readouterr().out)
    assert [group["operators"] for group in run["groups"]] == [["conv0"], ["conv1", "conv2"]]
    assert run["groups"][1]["schedule"]["tiles"] == [[2, 4]]
    assert run["dram_bytes"]["counted"] == run["dram_bytes"]["predicted"] > 0


def test_compile_replays_too(chain: dict[str, Any]) -> None:
    assert (
        replayed(alone(chain, ["conv0"], ["conv1"], ["conv2"]), "-o", "x.mlir", command="compile")
        == 0
    )
    assert Path("x.mlir").read_text().count('"accel.launch"') == 3


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "unknown operator": (
        lambda plan: alone(plan, ["conv0", "conv9"], ["conv1", "conv2"]),
        "groups[0].operators: the network has no 'conv9' (did you mean 'conv2'?)",
    ),
    "twice": (
        lambda plan: alone(plan, ["conv0", "conv1"], ["conv1", "conv2"]),
        "groups[1].operators: conv1 is in groups[0] too",
    ),
    "missing": (
        lambda plan: alone(plan, ["conv1"]),
        "no group runs conv0, conv2: each operator must be in one",
    ),
    "not convex": (
        lambda plan: alone(plan, ["conv0", "conv2"], ["conv1"]),
        "the group is not convex: conv1 is not in it, but needs conv0 and is needed by conv2",
    ),
    "does not fit": (
        lambda plan: plan | {"accelerator": plan["accelerator"] | {"scratchpad_bytes": 100}},
        "groups[0]: does not fit: needs ",
    ),
    "cannot run": (
        lambda plan: with_schedule(plan, tiles=[{"dimension": 7, "size": 1}]),
        "groups[0]: this schedule cannot run: ",
    ),
    "unknown name": (
        lambda plan: with_schedule(plan, blocks=[{"operator": "op7", "loop": 1, "size": 1}]),
        "groups[0]: schedule: this group has no 'op7': its names are op0 (conv0, loops",
    ),
    "wrong type": (
        lambda plan: with_schedule(plan, tiles=[{"dimension": 2, "size": "4"}]),
        "groups[0].schedule.tiles[0].size: must be a valid integer, got '4'",
    ),
    "unknown field": (
        lambda plan: with_schedule(plan, tile=[]),
        "groups[0].schedule.tile: unknown field",
    ),
    "accelerator": (
        lambda plan: plan | {"accelerator": plan["accelerator"] | {"element_bits": 7}},
        "accelerator: element_bits: must be 8, 16 or 32, got 7",
    ),
}


def with_schedule(plan: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (group,) = plan["groups"]
    return plan | {"groups": [group | {"schedule": fields}]}


@pytest.mark.parametrize("case", REFUSED)
def test_a_plan_that_breaks_a_rule_is_refused(chain: dict[str, Any], capsys, case: str) -> None:
    edit, reason = REFUSED[case]
    capsys.readouterr()
    assert replayed(edit(chain), command="plan") == 1
    message = capsys.readouterr().err
    assert message.startswith("optimus: error: ")
    assert reason in message
    assert message.count("\n") == 1


APART = """
func.func @main(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %a = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>)
    outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  HOST
  %b = linalg.matmul ins(%y, %y : tensor<4x4xf32>, tensor<4x4xf32>)
    outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %b, %a : tensor<4x4xf32>, tensor<4x4xf32>
}
"""
ON_HOST = """
  %top = tensor.extract_slice %a[0, 0] [2, 4] [1, 1] : tensor<4x4xf32> to tensor<2x4xf32>
  %y2 = tensor.insert_slice %top into %y[2, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<4x4xf32>
"""


@pytest.mark.parametrize(
    ("host", "read", "reason"),
    [
        ("", "%y", "groups[0]: not connected: no feature map holds matmul0, matmul1 together"),
        (ON_HOST, "%y2", "groups[0].operators: an op that stays on the host is between them"),
    ],
)
def test_a_group_holds_together(
    chain: dict[str, Any], capsys, host: str, read: str, reason: str
) -> None:
    text = APART.replace("HOST", host).replace("ins(%y, %y", f"ins({read}, {read}")
    Path("model.mlir").write_text(text)
    assert replayed(alone(chain, ["matmul0", "matmul1"]), command="plan") == 1
    assert reason in capsys.readouterr().err


def test_what_the_plan_says_cannot_be_asked_for(chain: dict[str, Any], capsys) -> None:
    assert replayed(chain, "--accelerator", "eyeriss") == 1
    assert "--plan excludes --accelerator" in capsys.readouterr().err
    assert replayed(chain, "--set", "element_bits=16") == 0


def test_a_file_that_is_no_plan_is_refused_with_the_place() -> None:
    with pytest.raises(OptimusError, match=r"p\.json:2:1: not JSON: "):
        parse_plan('{"version": 1,\n', "p.json")
    with pytest.raises(OptimusError, match=r"p\.json: version: must be 1, got 2"):
        parse_plan('{"version": 2, "accelerator": {}, "groups": []}', "p.json")
    with pytest.raises(OptimusError, match=r"p\.json: groups\[0\]\.operators: .* at least 1 item"):
        parse_plan(
            '{"version": 1, "accelerator": {}, "groups": [{"operators": [], "schedule": {}}]}',
            "p.json",
        )


def test_the_schema_has_every_field(capsys) -> None:
    assert set(json_schema()["properties"]) == set(PlanFile.model_fields)
    assert main(["plan", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
