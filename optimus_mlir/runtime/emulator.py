"""The emulator: run a compiled network on a scratchpad of exactly the accelerator's size."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
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
from optimus_mlir.runtime.memory import Memory, aligned
from optimus_mlir.runtime.object_cache import ObjectCache
from optimus_mlir.runtime.programs import How, compiled, timed_program, with_feeds
from optimus_mlir.runtime.team import Team
from optimus_mlir.runtime.weights import main_of, weights_of

Array = np.ndarray[Any, Any]


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
    threads: int = 1,
) -> Execution:
    """Compile a module of the accel dialect for this CPU and run `main`; `module` is not changed."""
    return Emulator(module, cache, timed=timed, threads=threads).run(inputs)


class Emulator:
    """A compiled program with its weights and its scratchpad; it can run again and again.

    `counts` can be turned off to see what counting costs. Of more than one of `threads` the results
    and counts are the same.
    """

    def __init__(
        self,
        module: ir.Module,
        cache: ObjectCache | None = None,
        *,
        timed: bool = False,
        counts: bool = True,
        threads: int = 1,
    ) -> None:
        if threads < 1:
            raise OptimusError(f"threads must be at least 1, not {threads}")
        if timed and threads > 1:
            raise OptimusError("only one thread can be timed")
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
            program = compiled(module, cache, How(counts, for_team=threads > 1))
        self.entry, sizes = program.entry, program.memory
        self.memories = [Memory.of(sizes) for _ in range(threads)]
        self.team = Team(threads) if threads > 1 else None
        self.dram = aligned(sizes.dram)
        self.weights = weights_of(module)
        self.compile_seconds = time.perf_counter() - start
        self._weight_descriptors = [_descriptor(weight) for weight in self.weights]

    def run(self, inputs: Sequence[Array]) -> Execution:
        """Run `main` once; counters start from 0."""
        outputs = [np.zeros(shape, dtype) for shape, dtype in self.arguments[len(inputs) :]]
        inputs = [np.ascontiguousarray(a).reshape(a.shape) for a in inputs]
        ticks = [np.zeros(self.times.counters, np.int64)] if self.times else []
        tallies = [self._counters() for _ in self.memories]
        tensors = [*map(_descriptor, (*inputs, *outputs)), *self._weight_descriptors]
        shared = [[*tensors, *map(_descriptor, self._memory(each, ticks))] for each in tallies]
        start = time.perf_counter()
        if self.team is None:
            self.entry(*map(_pointer, shared[0]))
        else:
            self._run_by(self.team, shared)
        seconds = time.perf_counter() - start
        for memory in self.memories:
            memory.scratchpad.check()
        counters = self._total(tallies)
        counts = (_count(n, at, counters) for n, at in zip(self.groups, self.layout, strict=True))
        profile = self._profile(ticks[0]) if ticks else None
        return Execution(outputs, tuple(counts), self.compile_seconds, seconds, profile)

    def _run_by(self, team: Team, shared: Sequence[Sequence[Array]]) -> None:
        """`shared` is what each member shares with others, and its own counters."""
        own = [list(map(_descriptor, memory.arrays)) for memory in self.memories]
        calls = [
            partial(self.entry, *map(_pointer, (*both,)), *team.arguments(number))
            for number, both in enumerate(map(chain, shared, own))
        ]
        team.run(calls)

    def _memory(self, counters: Array, ticks: Sequence[Array]) -> tuple[Array, ...]:
        scratchpad, workspace = self.memories[0].arrays
        return (scratchpad, counters, workspace, self.dram, *ticks)

    def _counters(self) -> Array:
        return np.zeros(self.layout[-1].end if self.layout else 0, np.int64)

    def _total(self, tallies: Sequence[Array]) -> Array:
        """Bytes moved of all threads together; a peak is the highest of any of them."""
        total, highest = np.sum(tallies, axis=0), np.max(tallies, axis=0)
        for place in self.layout:
            total[place.peak] = highest[place.peak]
        return total

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


def _pointer(descriptor: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(descriptor.ctypes.data)


def _count(number: int, place: LaunchCounters, counters: Array) -> GroupCount:
    read = (int(n) for n in counters[place.first : place.first_live_out])
    written = (int(n) for n in counters[place.first_live_out : place.peak])
    return GroupCount(number, tuple(read), tuple(written), int(counters[place.peak]))
