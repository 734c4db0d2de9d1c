"""Running a whole network with NumPy, or only watching what its programs would do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.counters import launches
from optimus_mlir.accel.lifetimes import touches
from optimus_mlir.analysis import annotations
from optimus_mlir.analysis.groups import ENTRY, find_main
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import Array
from optimus_mlir.runtime.emulator import Execution, GroupCount
from optimus_mlir.runtime.interpreter.control import Sequencer
from optimus_mlir.runtime.interpreter.machine import Listener, Machine, accelerator_of
from optimus_mlir.runtime.interpreter.memory import Box, element_dtype, fresh


def interpret(
    module: ir.Module, inputs: Sequence[Array], listener: Listener | None = None
) -> Execution:
    """Run `main` of a module of the accel dialect; the same answer as the JIT's emulator gives."""
    begin = time.perf_counter()
    with module.context, ir.Location.unknown():
        sequencer = Sequencer(module)
        machine = Machine(sequencer, accelerator_of(module), listener)
        outputs = [fresh(kind) for kind in find_main(module).type.inputs[len(inputs) :]]
        with np.errstate(all="ignore"):  # infinities and NaN are results like any other
            sequencer.call(ENTRY, [*(Box(np.array(array)) for array in inputs), *outputs])
    seconds = time.perf_counter() - begin
    counts = _counts(list(launches(module)), sequencer, machine)
    return Execution([box.elements for box in outputs], tuple(counts), 0.0, seconds)


def observe(module: ir.Module, listener: Listener) -> None:
    """Tell `listener` every event of every launch, in program order, without computing a number."""
    with module.context:
        machine = Machine(Sequencer(module), accelerator_of(module), listener, computes=False)
        for launch in launches(module):
            operands = accel.call_in(launch).operands
            machine.launch(launch, {operand: _untouched(operand.type) for operand in operands})


def _untouched(kind: ir.MemRefType) -> Box:
    return Box(np.empty(kind.shape, element_dtype(kind.element_type)))


def _counts(
    called: Sequence[ir.Operation], sequencer: Sequencer, machine: Machine
) -> Iterator[GroupCount]:
    for launch, moved, peak in zip(called, machine.moved, machine.peaks, strict=True):
        call = accel.call_in(launch)
        program = sequencer.functions[ir.FlatSymbolRefAttr(call.attributes["callee"]).value]
        inputs = len(call.operands) - results_of(program)
        traffic = [moved[argument] for argument in range(len(call.operands))]
        yield GroupCount(
            ir.IntegerAttr(launch.attributes[annotations.GROUP]).value,
            tuple(traffic[:inputs]),
            tuple(traffic[inputs:]),
            peak,
        )


def results_of(program: ir.Operation) -> int:
    """How many of a program's last arguments are its results: those that it stores to."""
    arguments = list(program.regions[0].blocks[0].arguments)
    stored = [any(op.name == "accel.store" for op in touches(a)) for a in arguments]
    return len(arguments) - stored.index(True) if True in stored else 0
