"""When each instruction of a network runs, as a trace that ui.perfetto.dev and chrome://tracing open.

Each instruction begins when the one before has ended, but for transfers with a token: those only
queue for the one DMA engine, and what follows begins at once, until it waits. In cycles, where the accelerator says how many bytes its DRAM
moves in one: a transfer takes bytes / dram_bytes_per_cycle, a kernel MACs / PEs (all of them busy:
a lower bound), everything else nothing. Otherwise every instruction takes one unit: order, not time.

The format: "Trace Event Format", Google, 2016 (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimus_mlir.runtime.interpreter import Event
from optimus_mlir.target import Accelerator

Record = dict[str, Any]
TRACKS = {"group": 1, "tile step": 2, "DMA": 3, "compute": 4, "move": 5}
DMA = ("load", "store")
TRACK_OF_KIND = {"load": "DMA", "store": "DMA", "compute": "compute", "move": "move"}


@dataclass(frozen=True)
class Clock:
    """How long an instruction takes, in `unit`; and microseconds of trace per unit."""

    unit: str
    dram_bytes_per_cycle: float | None
    macs_per_cycle: int
    microseconds: float = 1.0

    def duration(self, event: Event) -> float:
        if event.kind in ("launch", "alloc", "wait"):
            return 0.0
        if self.dram_bytes_per_cycle is None:
            return 1.0
        if event.kind in DMA:
            return event.bytes / self.dram_bytes_per_cycle
        return event.macs / self.macs_per_cycle


def clock_of(accelerator: Accelerator) -> Clock:
    rate, pes = accelerator.dram_bytes_per_cycle, accelerator.pe_rows * accelerator.pe_columns
    if rate is None:
        return Clock("instructions: the accelerator has no dram_bytes_per_cycle", None, pes)
    if accelerator.frequency_mhz is None:
        return Clock("cycles, shown as microseconds", rate, pes)
    return Clock("cycles, at frequency_mhz", rate, pes, 1 / accelerator.frequency_mhz)


@dataclass(frozen=True)
class Timed:
    """An event with its place in time, in microseconds, and the number of its tile step."""

    event: Event
    begin: float
    duration: float
    step: int

    @property
    def end(self) -> float:
        return self.begin + self.duration


def timed(events: Sequence[Event], clock: Clock) -> list[Timed]:
    """Events with their times. A tile step of a launch ends with the last of a run of stores."""
    placed: list[Timed] = []
    ends: dict[int, float] = {}  # of transfers that were started
    now, engine_is_free, step = 0.0, 0.0, 0
    before: Event | None = None
    for event in events:
        if event.kind == "launch":
            step = 0
        elif before is not None and before.kind == "store" and event.kind not in ("store", "wait"):
            step += 1
        if event.kind == "wait" and event.transfer is not None:
            now = max(now, ends[event.transfer])
        begin = max(now, engine_is_free) if event.kind in DMA else now
        placed.append(Timed(event, begin, clock.duration(event) * clock.microseconds, step))
        if event.kind in DMA:
            engine_is_free = placed[-1].end
        if event.kind in DMA and event.transfer is not None:
            ends[event.transfer] = placed[-1].end
        else:
            now = placed[-1].end
        before = before if event.kind == "wait" else event
    return placed


def trace_of(
    events: Sequence[Event], clock: Clock, groups: Sequence[str], tensors: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """The trace as a JSON object; `groups` name the launches, `tensors` the arguments of each."""
    placed = timed(events, clock)
    records = [
        *_metadata(),
        *_launches(placed, groups),
        *_steps(placed),
        *(_instruction(each, tensors) for each in placed if each.event.kind in TRACK_OF_KIND),
        *_occupancy(placed),
    ]
    return {"traceEvents": records, "otherData": {"time_unit": clock.unit}}


def _metadata() -> Iterator[Record]:
    yield {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": "accelerator"}}
    for name, number in TRACKS.items():
        track = {"ph": "M", "pid": 1, "tid": number}
        yield {**track, "name": "thread_name", "args": {"name": name}}
        yield {**track, "name": "thread_sort_index", "args": {"sort_index": number}}


def _span(track: str, name: str, begin: float, duration: float, **args: Any) -> Record:
    where = {"pid": 1, "tid": TRACKS[track], "ts": begin, "dur": duration}
    return {"ph": "X", "cat": track, "name": name, **where, "args": args}


def _launches(placed: Sequence[Timed], groups: Sequence[str]) -> Iterator[Record]:
    for launch, run in itertools.groupby(placed, lambda each: each.event.launch):
        spans = list(run)
        end = max(each.end for each in spans)
        yield _span("group", groups[launch], spans[0].begin, end - spans[0].begin)


def _steps(placed: Sequence[Timed]) -> Iterator[Record]:
    """Each until the next begins, even if its stores are still under way then."""
    runs = itertools.groupby(placed, lambda each: (each.event.launch, each.step))
    steps = [(step, list(run)) for (_, step), run in runs]
    for (step, run), (_, following) in itertools.pairwise([*steps, (0, [])]):
        end = following[0].begin if following else max(each.end for each in run)
        yield _span("tile step", f"step {step}", run[0].begin, end - run[0].begin)


def _instruction(each: Timed, tensors: Sequence[Sequence[str]]) -> Record:
    event, name = each.event, each.event.name
    args: Mapping[str, Any] = {"bytes": event.bytes} if event.bytes else {"macs": event.macs}
    if event.argument is not None:
        name = f"{event.kind} {tensors[event.launch][event.argument]}"
    return _span(TRACK_OF_KIND[event.kind], name, each.begin, each.duration, **args)


def _occupancy(placed: Sequence[Timed]) -> Iterator[Record]:
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
