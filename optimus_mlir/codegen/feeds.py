"""Feeds: what a kernel makes of one operand alone before it computes, padded or in another order.

Where the operand stays the same from call to call, its feed is made once, before the loop. To the
accelerator that means nothing, since its array is fed as data arrive; the emulator saves the time.

Before:  scf.for .. { accel.compute { call @kernel_0(%in, %w, %out) } }
After:   accel.compute { call @feed_0(%in, %fed) }
         scf.for .. { accel.compute { call @kernel_0(%in, %w, %out, %fed) } }
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import allocations_in, buffer_of, function_of
from optimus_mlir.accel.lowering import kernel_functions
from optimus_mlir.accel.steadiness import Steady, executions, steady, writers
from optimus_mlir.codegen.blocking import VectorUnit
from optimus_mlir.codegen.linalg_nests import linalg_ops
from optimus_mlir.codegen.made_of import made_of, results_of
from optimus_mlir.codegen.packed_ops import ALIGNMENT, pack
from optimus_mlir.codegen.separated_feeds import Feed, FeedTable
from optimus_mlir.codegen.vectorise import choice_of
from optimus_mlir.mlir import func, ir, memref
from optimus_mlir.mlir.cloning import Cloner


@dataclass(frozen=True)
class _Call:
    """A compute, and what is steady about its operands, by number."""

    compute: ir.Operation
    steady: dict[int, Steady]


def hoist_feeds(module: ir.Module, unit: VectorUnit) -> None:
    """Make feeds of steady operands before the loops in which they are steady."""
    kernels = kernel_functions(module)
    calls = _calls(module, {name: results_of(kernel) for name, kernel in kernels.items()})
    table, hoisted = FeedTable(module), _Hoisted()
    for name, kernel in kernels.items():
        lasting = _calls_with_one_value(calls[name])
        _pack(kernel, lasting, unit)
        feeds = [feed for number in lasting if (feed := table.separated(kernel, number))]
        for call in calls[name] if feeds else ():
            hoisted.use(call, feeds)


def _calls(module: ir.Module, results: Mapping[str, frozenset[int]]) -> dict[str, list[_Call]]:
    """The calls of every kernel; `results` are the arguments that it writes to."""
    computes = allocations_in(module.operation, accel.ComputeOp.OPERATION_NAME)
    written = {g: writers(g, results) for g in {function_of(compute) for compute in computes}}
    found: dict[str, list[_Call]] = {name: [] for name in results}
    for compute in computes:
        name = accel.callee_of(compute)
        inputs = [
            (n, steady(compute, operand, written[function_of(compute)]))
            for n, operand in enumerate(accel.call_in(compute).operands)
            if n not in results[name]
        ]
        found[name].append(_Call(compute, {n: each for n, each in inputs if each is not None}))
    return found


def _calls_with_one_value(calls: Sequence[_Call]) -> dict[int, float]:
    """How many calls a value of each argument lasts, on average, where it is more than one."""
    runs = [executions(call.compute) for call in calls]
    lasting: dict[int, float] = {}
    for number in set.intersection(*(set(call.steady) for call in calls)):
        values = sum(n / call.steady[number].calls for n, call in zip(runs, calls, strict=True))
        if values < sum(runs):
            lasting[number] = sum(runs) / values
    return lasting


def _pack(kernel: ir.Operation, lasting: Mapping[int, float], unit: VectorUnit) -> None:
    """Pack the ops that gain from a packed operand which lasts."""
    entry = kernel.regions[0].blocks[0]

    def buffer(kind: ir.MemRefType) -> ir.Value:
        with ir.InsertionPoint.at_block_begin(entry), kernel.location:
            return memref.AllocOp(kind, [], [], alignment=ALIGNMENT).result

    for op in linalg_ops(kernel) if lasting else ():
        made = made_of(kernel)
        origins = ((n, made(operand)) for n, operand in enumerate(op.operands))
        steady_operands = {n: lasting[o] for n, o in origins if o is not None and o in lasting}
        is_steady = bool(steady_operands) and op.block == entry  # a loop inside may move it
        found = choice_of(op, unit, steady_operands) if is_steady else ""
        if isinstance(found, str):
            continue
        recipe, packings = found
        numbers = [recipe.nest.arguments[packing.operand].arg_number for packing in packings]
        if any(number in steady_operands for number in numbers):
            pack(recipe.nest, packings, buffer)


class _Hoisted:
    """Buffers of feeds in groups; calls for the same value of an operand share them."""

    def __init__(self) -> None:
        self._made: dict[object, list[ir.Value]] = {}

    def use(self, call: _Call, feeds: Sequence[Feed]) -> None:
        """Give the call the buffers of the feeds as further arguments."""
        inner = accel.call_in(call.compute)
        buffers = [buffer for feed in feeds for buffer in self._buffers(call, feed)]
        callee = accel.callee_of(call.compute)
        with ir.InsertionPoint(inner), inner.location:
            func.CallOp([], callee, [*inner.operands, *buffers])
        inner.erase()

    def _buffers(self, call: _Call, feed: Feed) -> list[ir.Value]:
        operand = accel.call_in(call.compute).operands[feed.argument]
        place = call.steady[feed.argument]
        since = place.block.owner, place.since  # the begin of a loop's body is not behind the loop
        key = (feed.function, buffer_of(operand), since, place.views)
        if key not in self._made:
            self._made[key] = _fed(call.compute, operand, place, feed)
        return self._made[key]


def _fed(compute: ir.Operation, operand: ir.Value, place: Steady, feed: Feed) -> list[ir.Value]:
    """New buffers, fed where the operand has become what it is."""
    entry = function_of(compute).regions[0].blocks[0]
    with ir.InsertionPoint.at_block_begin(entry), compute.location:
        buffers = [memref.AllocOp(k, [], [], alignment=ALIGNMENT).result for k in feed.kinds]
    with place.insertion_point(), compute.location:
        if place.views:
            operand = Cloner({}).clone(operand.owner).results[0]
        arguments = [operand, *buffers]
        accel.calling(accel.ComputeOp, feed.function, arguments, [v.type for v in arguments])
    return buffers
