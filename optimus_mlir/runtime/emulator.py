"""The emulator: run a compiled network on a scratchpad of exactly the accelerator's size."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimus_mlir.accel.counters import LaunchCounters, counter_layout, launches
from optimus_mlir.accel.kernel_times import KernelTimes
from optimus_mlir.accel.lowering import kernel_functions
from optimus_mlir.analysis import annotations
from optimus_mlir.codegen.cpu import host_vector_unit
from optimus_mlir.codegen.linalg_nests import linalg_ops
from optimus_mlir.codegen.vectorise import Scalar, choice_of
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.constants import numpy_dtype
from optimus_mlir.runtime.object_cache import ObjectCache
from optimus_mlir.runtime.programs import compiled, timed_program, with_feeds
from optimus_mlir.runtime.weights import main_of, weights_of

Array = np.ndarray[Any, Any]
GUARD_BYTES = 4096
GUARD = 0xA5


@dataclass(frozen=True)
class GroupCount:
    """What one launch did: DRAM bytes by live-in and live-out, and its scratchpad peak."""

    number: int
    dram_read_bytes: tuple[int, ...]
    dram_write_bytes: tuple[int, ...]
    scratchpad_bytes: int


@dataclass(frozen=True)
class Execution:
    """The results of `main`, the counts of every launch, and how long it took."""

    outputs: list[Array]
    groups: tuple[GroupCount, ...]
    compile_seconds: float
    run_seconds: float
    profile: Profile | None = None


@dataclass(frozen=True)
class TimeShare:
    """A function's linalg ops, those of them without vectors and why, its calls and share of a run.

    `result_shape` is that of its last op.
    """

    ops: tuple[str, ...]
    result_shape: tuple[int, ...]
    scalar: tuple[Scalar, ...]
    calls: int
    share: float


@dataclass(frozen=True)
class Profile:
    """The kernels of a run, and the rest of it: `main` with its own ops, copies, counting, calls."""

    kernels: tuple[TimeShare, ...]
    rest: TimeShare


def emulate(
    module: ir.Module,
    inputs: Sequence[Array],
    cache: ObjectCache | None = None,
    *,
    timed: bool = False,
) -> Execution:
    """Compile a module of the accel dialect for this CPU and run `main`; `module` is not changed."""
    return Emulator(module, cache, timed=timed).run(inputs)


class Emulator:
    """A compiled program with its weights and its scratchpad; it can run again and again.

    `counts` can be turned off to see what counting costs.
    """

    def __init__(
        self,
        module: ir.Module,
        cache: ObjectCache | None = None,
        *,
        timed: bool = False,
        counts: bool = True,
    ) -> None:
        launched = launches(module)
        self.layout = counter_layout(module)
        self.groups = [ir.IntegerAttr(op.attributes[annotations.GROUP]).value for op in launched]
        self.arguments = _host_arguments(module)
        start = time.perf_counter()
        self.times: KernelTimes | None = None
        if timed:
            module = self.module = with_feeds(module)
            self.kernels, self.main = kernel_functions(module), main_of(module)
            self.times = KernelTimes(list(self.kernels))
            program = timed_program(module, cache, self.times)
        else:
            program = compiled(module, cache, counts=counts)
        self.entry, sizes = program.entry, program.memory
        self.scratchpad = Scratchpad(sizes.scratchpad)
        self.workspace, self.dram = (np.empty(n, np.uint8) for n in (sizes.workspace, sizes.dram))
        self.weights = weights_of(module)
        self.compile_seconds = time.perf_counter() - start
        self._weight_descriptors = [_descriptor(weight) for weight in self.weights]

    def run(self, inputs: Sequence[Array]) -> Execution:
        """Run `main` once; counters start from 0."""
        outputs = [np.zeros(shape, dtype) for shape, dtype in self.arguments[len(inputs) :]]
        counters = np.zeros(self.layout[-1].end if self.layout else 0, np.int64)
        inputs = [np.ascontiguousarray(a).reshape(a.shape) for a in inputs]
        ticks = [np.zeros(self.times.counters, np.int64)] if self.times else []
        memories = (self.scratchpad.bytes, counters, self.workspace, self.dram, *ticks)
        descriptors = [
            *map(_descriptor, (*inputs, *outputs)),
            *self._weight_descriptors,
            *map(_descriptor, memories),
        ]
        pointers = [ctypes.c_void_p(descriptor.ctypes.data) for descriptor in descriptors]
        start = time.perf_counter()
        self.entry(*pointers)
        seconds = time.perf_counter() - start
        self.scratchpad.check()
        counts = (_count(n, at, counters) for n, at in zip(self.groups, self.layout, strict=True))
        profile = self._profile(ticks[0]) if ticks else None
        return Execution(outputs, tuple(counts), self.compile_seconds, seconds, profile)

    def _profile(self, ticks: Array) -> Profile:
        (runs, whole), *each = ticks.reshape(-1, 2).tolist()
        kernels = tuple(
            _time_share(kernel, calls, spent / whole)
            for kernel, (calls, spent) in zip(self.kernels.values(), each, strict=True)
        )
        rest = 1 - sum(kernel.share for kernel in kernels)
        return Profile(kernels, _time_share(self.main, runs, rest))


def _time_share(function: ir.Operation, calls: int, share: float) -> TimeShare:
    ops = linalg_ops(function)
    recipes = [(op, choice_of(op, host_vector_unit())) for op in ops]
    scalar = [Scalar(op.name, why, op.location) for op, why in recipes if isinstance(why, str)]
    shape = [*ops[-1].operands][-1].type.shape if ops else ()
    return TimeShare(tuple(op.name for op in ops), tuple(shape), tuple(scalar), calls, share)


class Scratchpad:
    """A byte buffer with guards around it: a wrong address is found, not forgiven."""

    def __init__(self, size: int) -> None:
        self._memory = np.full(size + 2 * GUARD_BYTES, GUARD, np.uint8)
        self.bytes = self._memory[GUARD_BYTES : GUARD_BYTES + size]

    def check(self) -> None:
        outside = np.concatenate([self._memory[:GUARD_BYTES], self._memory[-GUARD_BYTES:]])
        if np.any(outside != GUARD):
            raise OptimusError("the program wrote outside the scratchpad: this is a compiler bug")


def _host_arguments(module: ir.Module) -> list[tuple[list[int], np.dtype[Any]]]:
    """Shape and type of every argument of `main`: its inputs, then its results."""
    kind = ir.FunctionType(ir.TypeAttr(main_of(module).attributes["function_type"]).value)
    return [(list(t.shape), _dtype(t.element_type)) for t in kind.inputs]


def _dtype(element: ir.Type) -> np.dtype[Any]:
    if (dtype := numpy_dtype(element)) is None:
        raise OptimusError(f"NumPy has no type for the elements {element} of @main")
    return dtype


def _descriptor(array: Array) -> Array:
    """MLIR's description of a buffer: where it was allocated, where it is, offset, sizes, strides."""
    strides = (stride // array.itemsize for stride in array.strides)
    address = array.ctypes.data
    return np.array([address, address, 0, *array.shape, *strides], np.int64)


def _count(number: int, place: LaunchCounters, counters: Array) -> GroupCount:
    read = (int(n) for n in counters[place.first : place.first_live_out])
    written = (int(n) for n in counters[place.first_live_out : place.peak])
    return GroupCount(number, tuple(read), tuple(written), int(counters[place.peak]))
