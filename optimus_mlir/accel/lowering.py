"""Lowering of the accel dialect to memrefs and counters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.arguments import add_arguments
from optimus_mlir.accel.copies import Copies, keep_apart
from optimus_mlir.accel.counters import (
    LaunchCounters,
    any_counters_type,
    counter_layout,
    counters_type,
    launches,
    slice_type,
)
from optimus_mlir.accel.host_buffers import host_bytes, use_host_memory
from optimus_mlir.accel.independence import belongs_to_step, is_inside
from optimus_mlir.accel.kernel_times import WHOLE_RUN, KernelTimes
from optimus_mlir.accel.lifetimes import allocations_in as _ops
from optimus_mlir.accel.lifetimes import buffer_of
from optimus_mlir.accel.memory_spaces import set_memory_spaces
from optimus_mlir.accel.team import EVERYONES, SHARED, Member, add_member, add_team, leave_to_leader
from optimus_mlir.accel.workspaces import (
    place_in,
    use_workspace,
    workspace_bytes,
    workspace_type,
)
from optimus_mlir.analysis import annotations
from optimus_mlir.mlir import arith, func, ir, linalg, memref

C_INTERFACE = "llvm.emit_c_interface"


def emulation_scale(module: ir.Module, element_bytes: int) -> int:
    """Emulated bytes per byte of the accelerator: numbers keep the IR's own type."""
    widest = element_bytes
    for op in _ops(module.operation, accel.AllocOp.OPERATION_NAME):
        element = ir.MemRefType(op.results[0].type).element_type
        widest = max(widest, -(-element.width // 8))
    return -(-widest // element_bytes)


@dataclass(frozen=True)
class MemoryBytes:
    """Memory that the emulator hands to `main`: DRAM here is only what `main` itself allocates."""

    scratchpad: int
    workspace: int
    dram: int


def memory_bytes(module: ir.Module) -> MemoryBytes:
    """The sizes for a program of the accel dialect, before it is lowered."""
    target = annotations.read_accelerator(module.operation)
    scale = emulation_scale(module, target.element_bytes)
    kernels, groups = kernel_functions(module), {accel.callee_of(op) for op in launches(module)}
    functions = _functions(module)
    hosts = [f for name, f in functions.items() if name not in kernels.keys() | groups]
    feeds = max((workspace_bytes(functions[name]) for name in groups), default=0)
    return MemoryBytes(
        target.scratchpad_bytes * scale,
        feeds + _temporary_bytes(kernels),
        max(map(host_bytes, hosts), default=0),
    )


def lower_accel(
    module: ir.Module,
    times: KernelTimes | None = None,
    *,
    counts: bool = True,
    for_team: bool = False,
) -> None:
    """Replace every op of the dialect; results in memory space 0 everywhere.

    With `times` every function of host and groups gets these counters as its last argument.
    Without `counts` the counters stay 0, to see what counting costs. A program `for_team` gets the
    thread that runs it as its last arguments, and shares the loops that are marked.
    """
    target = annotations.read_accelerator(module.operation)
    scale = emulation_scale(module, target.element_bytes)
    scratchpad = _bytes_type(target.scratchpad_bytes * scale)
    temporary = _temporary_bytes(kernel_functions(module))
    chip = _Chip(scratchpad, scale, target.element_bytes, temporary, counts, for_team)
    layout = counter_layout(module)
    counters = counters_type(layout[-1].end if layout else 0)
    copies = Copies(module)
    kernels = _kernels(module)
    groups = {accel.callee_of(op) for op in launches(module)}
    for name, function in _functions(module).items():
        if name in groups:
            _Group(function, copies, chip, times).lower()
        elif name in kernels:
            keep_apart(function)
            use_workspace(function)
        elif "sym_visibility" not in function.attributes:
            _lower_host(function, layout, chip, counters, times)
    if for_team:
        add_team(module)
    set_memory_spaces(module.operation, _plain)  # to the host both are plain memory


@dataclass(frozen=True)
class _Chip:
    """The emulated scratchpad, its bytes per byte of the accelerator's, and the latter's elements.

    `temporary_bytes` of the workspace are for whichever kernel runs.
    """

    scratchpad: ir.Type
    scale: int
    element_bytes: int
    temporary_bytes: int
    counts: bool
    for_team: bool


class _Group:
    """Lowers one group function."""

    def __init__(
        self, function: ir.Operation, copies: Copies, chip: _Chip, times: KernelTimes | None
    ) -> None:
        self.function, self.copies, self.chip = function, copies, chip
        self.kernel_times = times
        self.buffers = list(function.regions[0].blocks[0].arguments)
        counters = any_counters_type(len(self.buffers) + 1)
        self.scratchpad, self.counters, self.workspace, *self.times = add_arguments(
            function, [chip.scratchpad, counters, workspace_type(), *_times_type(times)]
        )
        self.member = add_member(function, chip.scratchpad) if chip.for_team else None
        self.shared = [op for op in _ops(function, "scf.for") if SHARED in op.attributes]
        loads = _ops(function, accel.LoadOp.OPERATION_NAME)
        self.everyones = [op for op in loads if _is_everyones(buffer_of(op.operands[1]))]
        self.lowerings = {
            accel.WaitOp.OPERATION_NAME: lambda _: None,  # transfers happen when they are started
            accel.DoneOp.OPERATION_NAME: self._token,
            accel.AllocOp.OPERATION_NAME: self._alloc,
            accel.LoadOp.OPERATION_NAME: self._load,
            accel.StoreOp.OPERATION_NAME: self._store,
            accel.MoveOp.OPERATION_NAME: self._move,
            accel.ComputeOp.OPERATION_NAME: self._compute,
        }

    def lower(self) -> None:
        set_memory_spaces(self.function, _without_tokens)
        workspaces = {op: self._workspace(op) for op in _ops(self.function, "memref.alloc")}
        for name, lowering in self.lowerings.items():
            for op in _ops(self.function, name):
                with ir.InsertionPoint(op), op.location:
                    lowering(op)
                op.erase()
        place_in(workspaces, self.chip.temporary_bytes)
        if self.member and self.everyones:
            with ir.InsertionPoint.after(self.member.leads.owner), self.function.location:
                self.member.meet()  # what it loads is there
        for loop in self.shared:
            if self.member:
                with ir.InsertionPoint(loop), loop.location:
                    self.member.share(loop)

    def _sharer(self, op: ir.Operation) -> Member | None:
        """Whoever allocates or computes with memory of its own: in shared loops, and for loads there."""
        is_own = EVERYONES in op.attributes or any(is_inside(op, loop) for loop in self.shared)
        return self.member if is_own else None

    def _alone(self, op: ir.Operation) -> AbstractContextManager[Any]:
        """Around what only the leader of a team does: all but the steps of shared loops."""
        return nullcontext() if self.member is None or self._sharer(op) else self.member.alone()

    def _workspace(self, feed: ir.Operation) -> ir.Value:
        """Where a feed has its place: if each step makes its own, in memory of each thread."""
        is_own = any(belongs_to_step(feed.results[0], loop) for loop in self.shared)
        return self.member.workspace if self.member and is_own else self.workspace

    def _alloc(self, op: ir.Operation) -> None:
        offset, length = (ir.IntegerAttr(op.attributes[n]).value for n in ("offset", "bytes"))
        with self._alone(op):
            self._update(len(self.buffers), offset + length, arith.maxsi)
        kind = ir.MemRefType(op.results[0].type)
        plain = ir.MemRefType.get(kind.shape, kind.element_type)
        sharer = self._sharer(op)
        memory = sharer.scratchpad if sharer else self.scratchpad
        view = memref.ViewOp(plain, memory, _index(offset * self.chip.scale), []).result
        op.results[0].replace_all_uses_with(view)

    def _load(self, op: ir.Operation) -> None:
        self._transfer(op, op.operands[0])

    def _store(self, op: ir.Operation) -> None:
        self._transfer(op, op.operands[1])

    def _transfer(self, op: ir.Operation, dram: ir.Value) -> None:
        moved = accel.dram_bytes(op, self.chip.element_bytes)
        with self._alone(op):
            self._update(self.buffers.index(_root(dram)), moved, arith.addi)
        with nullcontext() if op in self.everyones else self._alone(op):
            self.copies.copy(*op.operands)
        if len(op.results):
            self._token(op)

    def _token(self, op: ir.Operation) -> None:
        """Any value: nobody waits."""
        op.results[0].replace_all_uses_with(_index(0))

    def _move(self, op: ir.Operation) -> None:
        """Towards lower addresses, so the boxes may overlap."""
        with self._alone(op):
            self.copies.copy(*op.operands)

    def _compute(self, op: ir.Operation) -> None:
        """The region of a compute, where it stands; its kernel gets the workspace."""
        operations = op.regions[0].blocks[0].operations
        sharer = self._sharer(op)
        workspace = sharer.workspace if sharer else self.workspace
        for inner in [operations[i].operation for i in range(len(operations) - 1)]:
            inner.move_before(op)
            if isinstance(inner.opview, func.CallOp):
                callee = ir.FlatSymbolRefAttr(inner.attributes["callee"]).value
                with self._alone(op):
                    self._call(callee, [*inner.operands, workspace])
                inner.erase()

    def _call(self, kernel: str, operands: Sequence[ir.Value]) -> None:
        if self.kernel_times is None:
            func.CallOp([], kernel, operands)
            return
        start = self.kernel_times.now()
        func.CallOp([], kernel, operands)
        self.kernel_times.add(self.times[0], kernel, start)

    def _update(self, counter: int, value: int, combine: type) -> None:
        if not self.chip.counts:
            return
        at = _index(counter)
        before = memref.load(self.counters, [at])
        change = arith.ConstantOp(ir.IntegerType.get_signless(64), value).result
        memref.store(combine(before, change), self.counters, [at])


def _lower_host(
    function: ir.Operation,
    layout: Sequence[LaunchCounters],
    chip: _Chip,
    counters_type: ir.Type,
    times: KernelTimes | None,
) -> None:
    """Give every launch the scratchpad, its own counters and the workspace."""
    types = [chip.scratchpad, counters_type, workspace_type(), workspace_type()]
    scratchpad, counters, workspace, memory, *ticks = add_arguments(
        function, [*types, *_times_type(times)]
    )
    member = add_member(function, chip.scratchpad) if chip.for_team else None
    last = [*ticks, *(member.arguments if member else ())]
    use_host_memory(function, memory)
    if times is not None:
        _time_everything(function, times, ticks[0])
    function.attributes[C_INTERFACE] = ir.UnitAttr.get()
    for launch, place in zip(list(_launches_in(function)), layout, strict=True):
        call = accel.call_in(launch)
        with ir.InsertionPoint(launch), launch.location:
            length = place.end - place.first
            own = memref.SubViewOp(
                slice_type(length, place.first), counters, [], [], [], [place.first], [length], [1]
            ).result
            own = memref.cast(any_counters_type(length), own)
            func.CallOp(
                [], accel.callee_of(launch), [*call.operands, scratchpad, own, workspace, *last]
            )
        launch.erase()
    for copy in _ops(function, "memref.copy"):  # one with strides would call a missing library
        with ir.InsertionPoint(copy), copy.location:
            linalg.copy(copy.operands[0], outs=[copy.operands[1]])
        copy.erase()
    if member:
        leave_to_leader(function, member)


def _time_everything(function: ir.Operation, times: KernelTimes, ticks: ir.Value) -> None:
    block = function.regions[0].blocks[0]
    with ir.InsertionPoint.at_block_begin(block), function.location:
        start = times.now()
    with ir.InsertionPoint.at_block_terminator(block), function.location:
        times.add(ticks, WHOLE_RUN, start)


def _times_type(times: KernelTimes | None) -> list[ir.Type]:
    return [] if times is None else [times.type()]


def _is_everyones(buffer: ir.Value) -> bool:
    """Never a copy that takes turns with another, which loops carry."""
    return not isinstance(buffer.owner, ir.Block) and EVERYONES in buffer.owner.attributes


def _without_tokens(kind: ir.Type) -> ir.Type:
    """Loops may carry tokens; an index is as good, since nobody waits."""
    return ir.IndexType.get() if kind == accel.TokenType.get() else kind


def _plain(kind: ir.Type) -> ir.Type:
    if not isinstance(kind, ir.MemRefType) or kind.memory_space is None:
        return kind
    return ir.MemRefType.get(kind.shape, kind.element_type, kind.layout)


def _root(value: ir.Value) -> ir.Value:
    """The function argument that a view of DRAM belongs to."""
    while not isinstance(value.owner, ir.Block):
        value = value.owner.operands[0]
    return value


def kernel_functions(module: ir.Module) -> dict[str, ir.Operation]:
    """The functions that compute instructions call, by name, in the order of the module."""
    called = _kernels(module)
    return {name: f for name, f in _functions(module).items() if name in called}


def _temporary_bytes(kernels: Mapping[str, ir.Operation]) -> int:
    """Kernels run one at a time, so the largest needs of one are enough for all."""
    return max(map(workspace_bytes, kernels.values()), default=0)


def _kernels(module: ir.Module) -> set[str]:
    return {accel.callee_of(op) for op in _ops(module.operation, accel.ComputeOp.OPERATION_NAME)}


def _functions(module: ir.Module) -> dict[str, ir.Operation]:
    """The functions with a body, by name."""
    return {
        op.sym_name.value: op.operation
        for op in module.body.operations
        if isinstance(op, func.FuncOp) and not op.is_external
    }


def _launches_in(function: ir.Operation) -> Iterator[ir.Operation]:
    yield from _ops(function, accel.LaunchOp.OPERATION_NAME)


def _index(value: int) -> ir.Value:
    return arith.ConstantOp(ir.IndexType.get(), value).result


def _bytes_type(length: int) -> ir.Type:
    return ir.MemRefType.get([length], ir.IntegerType.get_signless(8))
