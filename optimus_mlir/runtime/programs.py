"""Programs of the accelerator as machine code; one that was compiled before is not lowered again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from optimus_mlir.accel.kernel_times import KernelTimes
from optimus_mlir.accel.lowering import MemoryBytes, lower_accel, memory_bytes
from optimus_mlir.codegen.cpu import host_vector_unit
from optimus_mlir.codegen.feeds import hoist_feeds
from optimus_mlir.codegen.shared_loops import mark_shared_loops
from optimus_mlir.mlir import ir
from optimus_mlir.runtime import machine_code
from optimus_mlir.runtime.kept_passes import sources
from optimus_mlir.runtime.machine_code import Entry, load, load_kept
from optimus_mlir.runtime.object_cache import ObjectCache, digest
from optimus_mlir.runtime.weights import weights_as_arguments

KEPT_PROGRAM = ".json"


@dataclass(frozen=True)
class Program:
    """Machine code of `main`, and the memory that it is to be given."""

    entry: Entry
    memory: MemoryBytes


@dataclass(frozen=True)
class How:
    """Whether a program counts what it does, and whether a team of threads runs it, of any size."""

    counts: bool = True
    for_team: bool = False


def compiled(module: ir.Module, cache: ObjectCache | None, how: How) -> Program:
    """A module of the accel dialect as machine code of this CPU; `module` is not changed."""
    if cache is None:
        return _lowered(with_feeds(module), None, None, how)[0]
    key = _key(module, how)
    kept = json.loads(cache.read(key, KEPT_PROGRAM) or "{}")
    entry = load_kept(kept["code"], cache) if kept else None
    if entry is not None:
        return Program(entry, MemoryBytes(**kept["memory"]))
    program, code = _lowered(with_feeds(module), cache, None, how)
    if code:
        description = {"code": code, "memory": asdict(program.memory)}
        cache.put(key, KEPT_PROGRAM, json.dumps(description).encode())
    return program


def timed_program(module: ir.Module, cache: ObjectCache | None, times: KernelTimes) -> Program:
    """A program with feeds that also counts calls and ticks of its kernels."""
    return _lowered(module, cache, times, How())[0]


def with_feeds(module: ir.Module) -> ir.Module:
    """A copy in which what kernels make of steady operands is made once."""
    with module.context, ir.Location.unknown():
        copy = copied(module)
        hoist_feeds(copy, host_vector_unit())
    return copy


def _lowered(
    module: ir.Module, cache: ObjectCache | None, times: KernelTimes | None, how: How
) -> tuple[Program, str]:
    memory = memory_bytes(module)
    with module.context, ir.Location.unknown():
        copy = copied(module)
        weights_as_arguments(copy)
        if how.for_team:
            mark_shared_loops(copy)
        lower_accel(copy, times, counts=how.counts, for_team=how.for_team)
        entry, code = load(copy, cache)
    return Program(entry, memory), code


def _key(module: ir.Module, how: How) -> str:
    """What the program, without its weights, and the compiler come to."""
    text = module.operation.get_asm(large_resource_limit=0, assume_verified=True)
    facts = (*sources(), str(how), text)
    return digest(machine_code.compiler_identity() + "\n".join(facts).encode())


def copied(module: ir.Module) -> ir.Module:
    copy = ir.Module.create()
    for op in module.body.operations:
        op.operation.clone(ir.InsertionPoint(copy.body))
    for i in range(len(module.operation.attributes)):
        named = module.operation.attributes[i]
        copy.operation.attributes[named.name] = named.attr
    return copy
