"""What `optimus` says when predictions hold, and when they do not."""

import json
from dataclasses import replace
from io import StringIO

import ml_dtypes
import numpy as np
import pytest
from rich.console import Console

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cli.compilation import Planned
from optimus_mlir.cli.difference import Difference, compare
from optimus_mlir.cli.options import Target
from optimus_mlir.cli.report import GroupReport, Report
from optimus_mlir.cli.report_json import report_as_json
from optimus_mlir.cli.report_table import print_report
from optimus_mlir.cli.units import percent, readable_bytes
from optimus_mlir.cost import Block, Keep, Price, Schedule, Tile
from optimus_mlir.cost.cycles import Time
from optimus_mlir.cost.energy import Energy, GroupCost
from optimus_mlir.cost.figures import Accesses, ArrayUse
from optimus_mlir.cost.totals import total_of
from optimus_mlir.fusion import Group, Plan
from optimus_mlir.runtime.emulator import GroupCount
from optimus_mlir.target import load_accelerator
from optimus_mlir.workload import Graph

GROUP = CalledGroup(
    number=0,
    operators=("conv0", "conv1"),
    function="group_0",
    result_shape=(1, 8, 56, 56),
    schedule=Schedule((Tile(2, 7),), (Keep("in0", 0),), (Block("op1", 1, 4),)),
    dram_read_bytes=(1000, 200),
    dram_write_bytes=(300,),
    footprint_bytes=2048,
    macs=99,
)
ONE_EACH = Accesses(1, 1, 1, 1)
COST = GroupCost(
    Energy(1e9, 2e9, 3e9, 4e9, 5e9),
    Time(200_000, 300_000, 500_000, 0.0025),
    ArrayUse(168 * 100_000, 99, 200_000, ONE_EACH, ONE_EACH, ONE_EACH),
    1500,
    0.5,
)
UNTIMED = replace(COST, time=Time(200_000, None, None, None))
LAYERS = Plan("layer-by-layer", (Group(("conv0",), Schedule(), Price({"x": 3000}, {}, 0, 0)),))
COUNT = GroupCount(0, (1000, 200), (300,), 2048)
NOTHING = Graph((), {}, ())
SAME = Difference("PyTorch", 1e-6, is_tolerable=True)


def report(
    count: GroupCount | None = COUNT,
    difference: Difference | None = SAME,
    group: CalledGroup = GROUP,
    cost: GroupCost = COST,
) -> Report:
    return Report(
        "zoo:net",
        Target("eyeriss", (), "dram-bytes", "contiguous"),
        Planned(load_accelerator("eyeriss"), (group,), (), LAYERS, 1500, NOTHING, NOTHING, 1500),
        (GroupReport(group, cost, count),),
        total_of([cost, COST], load_accelerator("eyeriss")),
        {"import": 1.0, "plan": 2.0},
        difference,
    )


def printed(report: Report, columns: int) -> str:
    console = Console(file=StringIO(), width=columns, highlight=False)
    print_report(report, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_kept_promises_are_no_complaint() -> None:
    assert list(report().complaints()) == []
    assert "predicted and counted: equal for every tensor" in printed(report(), 80)


@pytest.mark.parametrize(
    ("count", "complaint"),
    [
        (
            replace(COUNT, dram_read_bytes=(1000, 202)),
            "group 0: DRAM bytes read: predicted 1000, 200, counted 1000, 202",
        ),
        (
            replace(COUNT, dram_write_bytes=()),
            "group 0: DRAM bytes written: predicted 300, counted none",
        ),
        (
            replace(COUNT, scratchpad_bytes=2047),
            "group 0: scratchpad bytes: predicted 2048, counted 2047",
        ),
        (None, "group 0 did not run"),
    ],
)
def test_broken_promises_are_loud(count: GroupCount | None, complaint: str) -> None:
    broken = report(count)
    assert list(broken.complaints()) == [complaint]
    assert "equal for every tensor" not in printed(broken, 80)


def test_traffic_that_only_adds_up_is_a_complaint_too() -> None:
    swapped = replace(COUNT, dram_read_bytes=(200, 1000))
    assert len(list(report(swapped).complaints())) == 1
    assert "NOT" in printed(report(swapped), 80)


def test_difference_in_bytes_survives_rounding_to_kib() -> None:
    large = replace(GROUP, footprint_bytes=100_001)
    text = printed(report(replace(COUNT, scratchpad_bytes=100_002), group=large), 80)
    assert "100002 B" in text
    assert "NOT 100001 B" in text


def test_wrong_results_are_a_complaint() -> None:
    wrong = Difference("PyTorch", 0.25, is_tolerable=False)
    assert list(report(difference=wrong).complaints()) == [
        "the results differ by up to 0.25 from those of PyTorch"
    ]


@pytest.mark.parametrize("columns", [80, 140])
def test_table_fits_and_shows_the_schedule(columns: int) -> None:
    text = printed(report(), columns)
    assert max(map(len, text.splitlines())) <= columns
    assert "1x8x7/56x56" in text
    assert "blocks conv1.1/4" in text
    assert "keeps in0" in text
    assert ("group_0" in text) == (columns > 100)


def test_json_of_a_plan_invents_nothing() -> None:
    fields = json.loads(report_as_json(report(None, None)))
    assert fields["dram_bytes"] == {
        "predicted": 1500,
        "counted": None,
        "layer_by_layer": 3000,
        "floor": 1500,
        "bound": 1500,
    }
    assert fields["scratchpad_bytes"] == {"predicted": 2048, "counted": None, "capacity": 185856}
    assert fields["groups"][0]["dram_bytes"]["counted"] is None
    assert fields["seconds"] == {"import": 1.0, "plan": 2.0, "compile": None, "run": None}
    assert fields["max_abs_error"] is None


def test_json_has_energy_and_cycles_by_part_of_every_group_and_in_total() -> None:
    fields = json.loads(report_as_json(report()))
    parts = ("register_file", "array_network", "buffer", "dram", "mac", "total")
    energy = dict(zip(parts, (1e9, 2e9, 3e9, 4e9, 5e9, 15e9), strict=True))
    cycles = {"compute": 200_000, "dma": 300_000, "total": 500_000}
    group = fields["groups"][0]
    assert (group["energy_pj"], group["cycles"], group["utilisation"]) == (energy, cycles, 0.5)
    assert fields["energy_pj"] == energy | {"layer_by_layer": 30e9}
    assert fields["cycles"] == cycles | {"layer_by_layer": 1_000_000}
    assert fields["utilisation"] == 0.5


def test_summary_has_energy_and_time() -> None:
    lines = [" ".join(line.split()) for line in printed(report(), 100).splitlines()]
    assert "energy 15.0 mJ layer by layer 30.0 mJ: the plan saves 50.0 %" in lines
    assert "DRAM 4.00, buffer 3.00, registers 1.00, network 2.00, MACs 5.00 mJ" in lines
    assert "cycles 0.50 M layer by layer 1.00 M: the plan saves 50.0 %" in lines
    assert "compute 0.20 M, DMA 0.30 M, PEs 50.0 % busy, 2.5 ms" in lines


def test_time_is_null_where_the_speed_of_dram_is_not_known() -> None:
    untimed = report(cost=UNTIMED)
    fields = json.loads(report_as_json(untimed))
    assert fields["cycles"] == {
        "compute": 200_000,
        "dma": None,
        "total": None,
        "layer_by_layer": None,
    }
    assert "does not say how fast DRAM is" in printed(untimed, 100)


def test_json_of_an_infinite_error_is_valid() -> None:
    text = report_as_json(report(difference=Difference("PyTorch", np.inf, is_tolerable=False)))
    assert "Infinity" not in text
    assert json.loads(text)["matches_reference"] is False


def test_float_results_may_be_rounded_differently() -> None:
    expected = np.array([1.0, 100.0, np.nan, np.inf], np.float32)
    assert compare([expected], [expected], "it") == Difference("it", 0.0, is_tolerable=True)
    assert compare([expected + np.float32(0.01)], [expected], "it").is_tolerable
    assert not compare([expected + np.float32(1)], [expected], "it").is_tolerable


def test_integer_results_must_be_equal() -> None:
    expected = np.array([1, 2], np.int8)
    assert compare([expected], [expected], "it").is_tolerable
    assert compare([expected + np.int8(1)], [expected], "it") == Difference(
        "it", 1.0, is_tolerable=False
    )


def test_number_against_no_number_is_infinitely_wrong() -> None:
    one, nan = np.ones(1, np.float32), np.full(1, np.nan, np.float32)
    assert compare([nan], [one], "it") == Difference("it", np.inf, is_tolerable=False)
    assert not compare([one], [nan], "it").is_tolerable


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1535, "1.50 KiB"),
        (185856, "182 KiB"),
        (1024**2 - 1, "1.00 MiB"),
        (23_456_789, "22.4 MiB"),
        (10**16, "9095 TiB"),
    ],
)
def test_bytes_are_readable(count: int, text: str) -> None:
    assert readable_bytes(count) == text


def test_percentage_of_nothing_is_a_dash() -> None:
    assert percent(1, 8) == "12.5 %"
    assert percent(0, 0) == "-"


def test_a_plan_that_takes_more_energy_says_so() -> None:
    dearer = replace(COST, energy=Energy(1e9, 2e9, 3e9, 4e9, 8e9))
    layers = total_of([COST], load_accelerator("eyeriss"))
    text = printed(replace(report(cost=dearer), layer_by_layer=layers), 100)
    assert "layer by layer 15.0 mJ: the plan takes 20.0 % more" in text


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_what_is_no_number_of_full_precision_may_be_zero(dtype) -> None:
    expected = np.array([0.0, 0.0], dtype)
    smallest = np.array([0.0, ml_dtypes.finfo(dtype).tiny], dtype)
    assert compare([smallest], [expected], "it").is_tolerable
    assert not compare([4 * smallest], [expected], "it").is_tolerable


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_roundings_of_half_precision_excuse_no_eighth(dtype) -> None:
    expected = np.array([1.0, 4.0], dtype)
    assert compare([expected + np.array(0.25, dtype)], [expected], "it").is_tolerable
    assert not compare([expected + np.array(1, dtype)], [expected], "it").is_tolerable
