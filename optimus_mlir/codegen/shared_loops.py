"""Which loops a team of threads shares: those whose steps are independent, and long enough together.

Before:  %w = accel.alloc; accel.load %weights, %w
         scf.for %i = 0 to 16 { load; compute; store }
After:   %w = accel.alloc {optimus.everyones}; accel.load %weights, %w
         scf.for %i = 0 to 16 { load; compute; store } {optimus.shared}
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.independence import Results, has_independent_steps, loaded_for
from optimus_mlir.accel.lifetimes import allocations_in, buffer_of, function_of
from optimus_mlir.accel.lowering import kernel_functions
from optimus_mlir.accel.steadiness import executions, trips
from optimus_mlir.accel.team import EVERYONES, SHARED, can_run_ahead
from optimus_mlir.codegen.linalg_nests import buffer_nest, linalg_ops
from optimus_mlir.codegen.made_of import results_of
from optimus_mlir.mlir import ir

LEAST_WORK = 1 << 18  # iterations, some 5 microseconds: a handover takes up to one
MANY_STEPS = 8  # with less of them one thread may have nothing left to do for a while

Work = Mapping[str, int]
"""By kernel, the iterations of its loops."""


def mark_shared_loops(module: ir.Module) -> None:
    """Give the loops that a team shares the attribute `optimus.shared`.

    Buffers that are only loaded, and read in these loops, become `optimus.everyones`: each thread
    loads its own. A CPU takes long to write to what another one has in its cache.
    """
    kernels = kernel_functions(module)
    results = {name: results_of(kernel) for name, kernel in kernels.items()}
    work = {name: _work(kernel) for name, kernel in kernels.items()}
    for group in _groups(module):
        top = _loops(group.regions[0].blocks[0])
        loops = [shared for loop in top for shared in _shared(loop, results, work)]
        for op in (*loops, *loaded_for(loops, group, results)):
            op.attributes[SHARED if op in loops else EVERYONES] = ir.UnitAttr.get()


def _groups(module: ir.Module) -> list[ir.Operation]:
    """The functions of groups whose every launch gives them different buffers."""
    launches = allocations_in(module.operation, accel.LaunchOp.OPERATION_NAME)
    if not all(can_run_ahead(function_of(launch)) for launch in launches):
        return []
    aliased = {accel.callee_of(launch) for launch in launches if not _are_different(launch)}
    names = dict.fromkeys(accel.callee_of(launch) for launch in launches)
    functions = ir.SymbolTable(module.operation)
    return [functions[name].operation for name in names if name not in aliased]


def _are_different(launch: ir.Operation) -> bool:
    buffers = [buffer_of(value) for value in accel.call_in(launch).operands]
    return len(set(buffers)) == len(buffers)


def _loops(block: ir.Block) -> list[ir.Operation]:
    return [op.operation for op in block.operations if op.operation.name == "scf.for"]


def _shared(loop: ir.Operation, results: Results, work: Work) -> list[ir.Operation]:
    """The loop, or those inside it if they have more steps to share."""
    body = loop.regions[0].blocks[0]
    inside = [inner for child in _loops(body) for inner in _shared(child, results, work)]
    whole = _work_in(loop, work)
    if whole < LEAST_WORK or not has_independent_steps(loop, results):
        return inside
    covered = sum(_work_in(inner, work) * executions(inner) for inner in inside)
    most_steps = min(map(trips, inside), default=0)
    covers_most = covered > 0.9 * whole * executions(loop)
    return inside if trips(loop) < MANY_STEPS < most_steps and covers_most else [loop]


def _work_in(loop: ir.Operation, work: Work) -> int:
    """Of all steps of a loop."""
    computes = allocations_in(loop, accel.ComputeOp.OPERATION_NAME)
    return sum(executions(op) * work[accel.callee_of(op)] for op in computes) // executions(loop)


def _work(kernel: ir.Operation) -> int:
    return sum(executions(op) * _iterations(op) for op in linalg_ops(kernel))


def _iterations(op: ir.Operation) -> int:
    """Of the op's loops, or at least one for each number that it reads or writes."""
    if (nest := buffer_nest(op)) is not None:
        return nest.nest.iterations
    shapes = [value.type.shape for value in op.operands if isinstance(value.type, ir.MemRefType)]
    return max(map(math.prod, shapes), default=1)
