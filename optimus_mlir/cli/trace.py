"""`--trace`: the timeline of a compiled network, in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cli.output import write_output
from optimus_mlir.mlir import ir
from optimus_mlir.runtime.interpreter import Event, observe
from optimus_mlir.runtime.timeline import trace_of
from optimus_mlir.target import Accelerator


def write_trace(
    path: str, module: ir.Module, groups: Sequence[CalledGroup], accelerator: Accelerator
) -> None:
    """Write what the accelerator does for `module`, a program of the accel dialect."""
    events: list[Event] = []
    observe(module, events.append)
    names = [f"group {group.number}: {' '.join(group.operators)}" for group in groups]
    trace = trace_of(events, accelerator, names, [_tensors(group) for group in groups])
    write_output(path, json.dumps(trace).encode())


def _tensors(group: CalledGroup) -> list[str]:
    """The arguments of a group's program under the names that its schedule uses."""
    results = len(group.operators) - len(group.dram_write_bytes)
    live_outs = [f"v{results + i}" for i in range(len(group.dram_write_bytes))]
    return [*(f"in{i}" for i in range(len(group.dram_read_bytes))), *live_outs]
