"""Running a whole network with NumPy, or only watching what its programs would do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.counters import counter_layout, launches
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
    return Execution(
        [box.elements for box in outputs], tuple(_counts(module, machine)), 0.0, seconds
    )


def observe(module: ir.Module, listener: Listener) -> None:
    """Tell `listener` every event of every launch, in program order, without computing a number."""
    with module.context:
        machine = Machine(Sequencer(module), accelerator_of(module), listener, computes=False)
        for launch in launches(module):
            operands = accel.call_in(launch).operands
            machine.launch(launch, {operand: _untouched(operand.type) for operand in operands})


def _untouched(kind: ir.MemRefType) -> Box:
    return Box(np.empty(kind.shape, element_dtype(kind.element_type)))


def _counts(module: ir.Module, machine: Machine) -> Iterator[GroupCount]:
    places = zip(launches(module), counter_layout(module), strict=True)
    for (launch, place), moved, peak in zip(places, machine.moved, machine.peaks, strict=True):
        traffic = [moved[argument] for argument in range(place.buffers)]
        live_ins = place.buffers - place.live_outs
        number = ir.IntegerAttr(launch.attributes[annotations.GROUP]).value
        yield GroupCount(number, tuple(traffic[:live_ins]), tuple(traffic[live_ins:]), peak)
