"""When each instruction of a network runs, as a trace that ui.perfetto.dev and chrome://tracing open.

The clock is that of `runtime/clock.py`. Where the accelerator does not say how many bytes its DRAM
moves in a cycle, every instruction takes one unit: order, not time.

The format: "Trace Event Format", Google, 2016 (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from optimus_mlir.runtime.clock import clock_of, timed
from optimus_mlir.runtime.interpreter import Event
from optimus_mlir.target import Accelerator

Record = dict[str, Any]
TRACKS = {"group": 1, "tile step": 2, "DMA": 3, "compute": 4, "move": 5}
TRACK_OF_KIND = {"load": "DMA", "store": "DMA", "compute": "compute", "move": "move"}


@dataclass(frozen=True)
class Placed:
    """An event with its place in time, in microseconds of the trace, and its tile step."""

    event: Event
    begin: float
    end: float
    step: int

    @property
    def duration(self) -> float:
        return self.end - self.begin


def time_unit(accelerator: Accelerator) -> str:
    """What a microsecond of the trace stands for."""
    if accelerator.dram_bytes_per_cycle is None:
        return "instructions: the accelerator has no dram_bytes_per_cycle"
    if accelerator.frequency_mhz is None:
        return "cycles, shown as microseconds"
    return "cycles, at frequency_mhz"


def placed_events(events: Sequence[Event], accelerator: Accelerator) -> list[Placed]:
    """Events with their times. A tile step of a launch ends with the last of a run of stores."""
    clock = clock_of(accelerator)
    has_frequency = clock.dram_bytes_per_cycle is not None and accelerator.frequency_mhz is not None
    per_unit = 1 / Fraction(str(accelerator.frequency_mhz)) if has_frequency else Fraction(1)
    placed: list[Placed] = []
    step, before = 0, None
    for each in timed(events, clock):
        if each.event.kind == "launch":
            step = 0
        elif before == "store" and each.event.kind not in ("store", "wait"):
            step += 1
        before = before if each.event.kind == "wait" else each.event.kind
        begin, end = (float(moment * per_unit) for moment in (each.begin, each.end))
        placed.append(Placed(each.event, begin, end, step))
    return placed


def trace_of(
    events: Sequence[Event],
    accelerator: Accelerator,
    groups: Sequence[str],
    tensors: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """The trace as a JSON object; `groups` name the launches, `tensors` the arguments of each."""
    placed = placed_events(events, accelerator)
    records = [
        *_metadata(),
        *_launches(placed, groups),
        *_steps(placed),
        *(_instruction(each, tensors) for each in placed if each.event.kind in TRACK_OF_KIND),
        *_occupancy(placed),
    ]
    return {"traceEvents": records, "otherData": {"time_unit": time_unit(accelerator)}}


def _metadata() -> Iterator[Record]:
    yield {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": "accelerator"}}
    for name, number in TRACKS.items():
        track = {"ph": "M", "pid": 1, "tid": number}
        yield {**track, "name": "thread_name", "args": {"name": name}}
        yield {**track, "name": "thread_sort_index", "args": {"sort_index": number}}


def _span(track: str, name: str, begin: float, duration: float, **args: Any) -> Record:
    where = {"pid": 1, "tid": TRACKS[track], "ts": begin, "dur": duration}
    return {"ph": "X", "cat": track, "name": name, **where, "args": args}


def _launches(placed: Sequence[Placed], groups: Sequence[str]) -> Iterator[Record]:
    for launch, run in itertools.groupby(placed, lambda each: each.event.launch):
        spans = list(run)
        end = max(each.end for each in spans)
        yield _span("group", groups[launch], spans[0].begin, end - spans[0].begin)


def _steps(placed: Sequence[Placed]) -> Iterator[Record]:
    """Each until the next begins, even if its stores are still under way then."""
    runs = itertools.groupby(placed, lambda each: (each.event.launch, each.step))
    steps = [(step, list(run)) for (_, step), run in runs]
    for (step, run), (_, following) in itertools.pairwise([*steps, (0, [])]):
        end = following[0].begin if following else max(each.end for each in run)
        yield _span("tile step", f"step {step}", run[0].begin, end - run[0].begin)


def _instruction(each: Placed, tensors: Sequence[Sequence[str]]) -> Record:
    event, name = each.event, each.event.name
    args: Mapping[str, Any] = {"bytes": event.bytes} if event.bytes else {"macs": event.macs}
    if event.argument is not None:
        name = f"{event.kind} {tensors[event.launch][event.argument]}"
    return _span(TRACK_OF_KIND[event.kind], name, each.begin, each.duration, **args)


def _occupancy(placed: Sequence[Placed]) -> Iterator[Record]:
    """Scratchpad bytes in live buffers: from the first to the last instruction that touches each."""
    sizes: dict[int, int] = {}
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for each in placed:
        if each.event.kind == "alloc":
            sizes[each.event.buffers[0]] = each.event.bytes
            continue
        for buffer in each.event.buffers:
            first.setdefault(buffer, each.begin)
            last[buffer] = max(each.end, last.get(buffer, 0.0))
    changes: dict[float, int] = {}
    for buffer, begin in first.items():
        changes[begin] = changes.get(begin, 0) + sizes[buffer]
        changes[last[buffer]] = changes.get(last[buffer], 0) - sizes[buffer]
    live = 0
    for time in sorted(changes):
        live += changes[time]
        counter = {"ph": "C", "name": "scratchpad", "pid": 1, "tid": 0, "ts": time}
        yield {**counter, "args": {"live bytes": live}}
