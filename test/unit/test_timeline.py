"""Timelines: what stands in a trace, and that it is one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimus_mlir.cli.optimus import main
from optimus_mlir.runtime.interpreter import Event
from optimus_mlir.runtime.timeline import TRACKS, trace_of
from optimus_mlir.target import Accelerator, load_accelerator

EVENTS = [
    Event("launch", 0, "group_0"),
    Event("alloc", 0, "memref<8xi8, 1>", bytes=8, offset=0, buffers=(0,)),
    Event("load", 0, "load", bytes=8, argument=0, buffers=(0,)),
    Event("alloc", 0, "memref<8xi8, 1>", bytes=4, offset=8, buffers=(1,)),
    Event("compute", 0, "kernel_0", macs=24, cycles=2, buffers=(1, 0)),
    Event("store", 0, "store", bytes=4, argument=1, buffers=(1,)),
    Event("move", 0, "move", bytes=2, buffers=(0,)),
    Event("compute", 0, "kernel_0", macs=24, cycles=2, buffers=(1, 0)),
    Event("store", 0, "store", bytes=4, argument=1, buffers=(1,)),
]
MODEL = Path(__file__).parents[1] / "lit/optimus/run.mlir"


def accelerator(**fields: Any) -> Accelerator:
    known = {"pe_rows": 3, "pe_columns": 4, "dram_bytes_per_cycle": 2.0, "frequency_mhz": None}
    return load_accelerator("generic").model_copy(update=known | fields)


def trace(target: Accelerator) -> dict[str, Any]:
    return trace_of(EVENTS, target, ["group 0: conv0"], [["in0", "v0"]])


def spans(found: dict[str, Any], track: str) -> list[tuple[str, float, float]]:
    records = [r for r in found["traceEvents"] if r["ph"] == "X" and r["tid"] == TRACKS[track]]
    return [(r["name"], r["ts"], r["dur"]) for r in records]


def test_transfers_and_computations_take_turns() -> None:
    found = trace(accelerator())
    assert spans(found, "DMA") == [("load in0", 0, 4), ("store v0", 6, 2), ("store v0", 10, 2)]
    assert spans(found, "compute") == [("kernel_0", 4, 2), ("kernel_0", 8, 2)]
    assert spans(found, "move") == [("move", 8, 0)]
    assert spans(found, "group") == [("group 0: conv0", 0, 12)]
    assert found["otherData"]["time_unit"].startswith("cycles")


def test_what_was_started_runs_beside_what_does_not_wait_for_it() -> None:
    started = [
        replace(e, transfer=n) if e.kind in ("load", "store") else e for n, e in enumerate(EVENTS)
    ]
    waits = [Event("wait", 0, "wait", transfer=n) for n in (2, 5, 8)]
    events = [*started[:4], waits[0], *started[4:8], waits[1], started[8], waits[2]]
    found = trace_of(events, accelerator(), ["group 0: conv0"], [["in0", "v0"]])
    assert spans(found, "DMA") == [("load in0", 0, 4), ("store v0", 6, 2), ("store v0", 8, 2)]
    assert spans(found, "compute") == [("kernel_0", 4, 2), ("kernel_0", 6, 2)]
    assert spans(found, "tile step") == [("step 0", 0, 6), ("step 1", 6, 4)]
    assert spans(found, "group") == [("group 0: conv0", 0, 10)]


def test_a_tile_step_ends_with_its_store() -> None:
    assert spans(trace(accelerator()), "tile step") == [("step 0", 0, 8), ("step 1", 8, 4)]


def test_occupancy_is_of_live_buffers() -> None:
    counters = [r for r in trace(accelerator())["traceEvents"] if r["ph"] == "C"]
    assert [(r["ts"], r["args"]["live bytes"]) for r in counters] == [
        (0, 8),
        (4, 12),
        (10, 4),
        (12, 0),
    ]


def test_a_frequency_makes_microseconds_of_cycles() -> None:
    assert spans(trace(accelerator(frequency_mhz=2.0)), "group") == [("group 0: conv0", 0, 6)]


def test_without_rates_there_is_only_an_order() -> None:
    found = trace(accelerator(dram_bytes_per_cycle=None))
    assert found["otherData"]["time_unit"].startswith("instructions")
    assert spans(found, "group") == [("group 0: conv0", 0, 6)]


@pytest.mark.parametrize("backend", ["jit", "numpy"])
def test_run_writes_a_valid_trace(
    tmp_path: Path, backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "trace.json"
    fields = ["--set", "scratchpad_bytes=200", "--set", "element_bits=32", "--backend", backend]
    assert main(["run", str(MODEL), "--json", "--trace", str(file), *fields]) == 0
    report = json.loads(capsys.readouterr().out)
    found = json.loads(file.read_text())
    check_format(found)
    moved = [r["args"]["bytes"] for r in found["traceEvents"] if r.get("cat") == "DMA"]
    assert sum(moved) == report["dram_bytes"]["counted"]
    levels = [r["args"]["live bytes"] for r in found["traceEvents"] if r["ph"] == "C"]
    assert 0 < max(levels) <= report["scratchpad_bytes"]["counted"]
    assert levels[-1] == 0


def check_format(found: dict[str, Any]) -> None:
    """The rules of the Trace Event Format for the phases that are used here."""
    assert isinstance(found["traceEvents"], list)
    for record in found["traceEvents"]:
        assert isinstance(record["name"], str)
        assert isinstance(record["pid"], int)
        assert isinstance(record["tid"], int)
        assert isinstance(record["args"], dict)
        match record["ph"]:
            case "X":
                assert record["ts"] >= 0
                assert record["dur"] >= 0
                assert isinstance(record["cat"], str)
            case "C":
                assert record["ts"] >= 0
                assert all(isinstance(value, (int, float)) for value in record["args"].values())
            case "M":
                assert record["name"] in ("process_name", "thread_name", "thread_sort_index")
            case other:
                pytest.fail(f"phase {other!r}")
    for track in TRACKS:  # the spans of a track follow each other, or they would nest
        ends = 0.0
        for _, begin, duration in sorted(spans(found, track), key=lambda span: span[1:]):
            assert begin >= ends
            ends = begin + duration
