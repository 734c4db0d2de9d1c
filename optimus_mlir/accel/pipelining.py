"""Double buffering: every step begins with the transfers of the next.

Before                                    After
  for t in 0..n {                           %0 = load %x[0] -> %b
    load %x[t] -> %a                        %1, .. = for t in 0..n-1 iter_args(%token = %0, %a = %b, ..) {
    compute(%a, %c)                           wait %token
    store %c -> %y[t]                         %next = load %x[t + 1] -> %other_a
  }                                           compute(%a, %c)
                                              store %c -> %y[t]
                                              yield %next, %other_a, %a, %other_c, %c
                                            }
                                            wait %1; compute; store; wait

Buffers that hold nothing from one step to the next have two copies, which take turns. What joins a
window arrives in the spare room behind it, and is moved into place when its step begins.
The last step of a loop stands behind it, since it starts what follows the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.sections import (
    Loop,
    Section,
    Unit,
    all_loads,
    allocation_of,
    first_loads,
    has_step,
    last_stores,
    units_of,
)
from optimus_mlir.accel.turns import (
    Key,
    Turns,
    arrives,
    front,
    has_spare,
    key_of,
    placed,
    takes_turns,
    target_of,
    window,
)
from optimus_mlir.analysis import annotations
from optimus_mlir.mlir import affine, arith, ir, scf
from optimus_mlir.mlir.cloning import uses_from_outside

Start = Callable[[], None]


@dataclass(frozen=True)
class State:
    """What is where: changed as code is emitted, and carried by loops.

    `pending` is the last transfer that the next step must wait for, `started` the last of all;
    `waited` is the last that was waited for.
    """

    turns: dict[Key, Turns]
    pending: ir.Value | None = None
    started: ir.Value | None = None
    waited: ir.Value | None = None


def pipeline(program: ir.Operation) -> None:
    """Overlap the transfers of a program, whose instructions say of which step they are, with computing."""
    block = program.regions[0].blocks[0]
    old = [view.operation for view in block.operations]
    with ir.InsertionPoint(old[-1]), program.location:
        _Pipeline(units_of(block)).emit()
    for op in reversed(old[:-1]):
        is_unused_value = len(op.results) and not any(True for r in op.results for _ in r.uses)
        if op.name.startswith("accel.") or op.name == "scf.for" or is_unused_value:
            op.erase()


class _Pipeline:
    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self.values: dict[ir.Value, ir.Value] = {}  # counters of loops, and buffers without turns
        self.state = State({})
        self.recent: set[Key] = set()  # in use by the current step, or by DMA since
        self.carried: set[Key] = set()  # by the loop around
        self.loads: dict[Key, list[ir.Operation]] = {}
        for load in all_loads(units):
            self.loads.setdefault(key_of(target_of(load)), []).append(load)

    def emit(self) -> None:
        self._start(self.units)
        self.state = replace(self.state, pending=self.state.started)
        self._run(self.units, lambda: None)
        self._wait(self.state.started)

    # Steps ------------------------------------------------------------------------------------

    def _run(self, units: Sequence[Unit], following: Start) -> None:
        """Emit the units, whose first loads have been started; the last step starts the `following`."""
        for index, unit in enumerate(units):
            rest = units[index + 1 :]

            def start(rest: Sequence[Unit] = rest) -> None:
                if not self._start(rest):
                    following()

            if isinstance(unit, Section):
                self._section(unit, start)
            else:
                self._loop(unit, start)

    def _start(self, units: Sequence[Unit]) -> bool:
        """Start the loads of the first step; false if there is none."""
        for unit in units:
            if isinstance(unit, Section):
                for load in unit.loads:
                    self._start_load(load)
            elif has_step(unit.body):
                self._start_at(unit, _index(unit.counts[0]))
            if has_step([unit]):
                return True
        return False

    def _start_at(self, loop: Loop, count: ir.Value) -> None:
        """Start the first loads of a step of a loop."""
        before = self.values.get(loop.counter)
        self.values[loop.counter] = count
        self._start(loop.body)
        if before is not None:
            self.values[loop.counter] = before

    def _section(self, section: Section, start: Start) -> None:
        for allocation in section.allocations:
            self._allocate(allocation)
        self.recent = (set() if section.is_step else self.recent) | {*map(key_of, section.buffers)}
        if any(op not in section.loads or arrives(op) for op in section.ops):
            self._wait(self.state.pending)
        done = self._arrive(section)
        if section.is_step:
            start()
            self.state = replace(self.state, pending=self.state.started)
        for op in section.ops:
            if op not in done:
                self._copy(op)
        for store in section.stores:
            self._transfer(store, *map(self._value, store.operands))
        if not all(takes_turns(allocation_of(store.operands[0])) for store in section.stores):
            self.state = replace(self.state, pending=self.state.started)

    def _arrive(self, section: Section) -> set[ir.Operation]:
        """Move windows up and put what was loaded in its place; the ops that this does."""
        arriving = [load for load in section.loads if arrives(load)]
        windows = {target_of(load) for load in arriving}
        done = {*section.loads, *section.stores}
        for op in section.ops:
            if op in arriving:
                spare = self._turns(target_of(op)).other
                accel.MoveOp(front(spare, op.operands[1]), self._value(op.operands[1]))
            elif op.name == accel.MoveOp.OPERATION_NAME and target_of(op) in windows:
                self._copy(op)
                done.add(op)
        return done

    def _wait(self, token: ir.Value | None) -> None:
        waited = self.state.waited
        if token is not None and (waited is None or token != waited):
            accel.WaitOp(token)
            self.state = replace(self.state, waited=token)

    # Loops ------------------------------------------------------------------------------------

    def _loop(self, loop: Loop, following: Start) -> None:
        """All steps but the last in a loop, if they are several."""
        counts = loop.counts
        if not has_step(loop.body):
            assert not [*all_loads(loop.body)], "a loop loads what something in it computes with"
            self._for(loop, counts, lambda _: None)
            return
        if len(counts) > 2:
            self._for(loop, counts[:-1], lambda count: self._start_at(loop, _next(count, counts)))
        elif len(counts) == 2:
            self._step(loop, counts[0], lambda: self._start_at(loop, _index(counts[1])))
        self._step(loop, counts[-1], following)

    def _step(self, loop: Loop, count: int, following: Start) -> None:
        self.values[loop.counter] = _index(count)
        self._run(loop.body, following)

    def _for(self, loop: Loop, counts: range, following: Callable[[ir.Value], None]) -> None:
        """An scf.for that carries tokens and the turns of buffers."""
        crossing = self._crossing(loop)
        keys = [key for key, has_copies in crossing.items() if has_copies]
        outer, carried = dict(self.state.turns), self.carried
        self.carried = carried | {*crossing}
        bounds = [_index(i) for i in (counts.start, counts.stop, counts.step)]
        op = scf.ForOp(*bounds, self._carried(keys))
        with ir.InsertionPoint(op.body):
            self._take(keys, list(op.inner_iter_args), outer)
            self.values[loop.counter] = op.induction_variable
            self._run(loop.body, lambda: following(op.induction_variable))
            scf.YieldOp(self._carried(keys))
        self.carried = carried
        self._take(keys, list(op.results), outer)

    def _crossing(self, loop: Loop) -> dict[Key, bool]:
        """Buffers in use by DMA from one step to the next, and whether they take turns.

        They are there before the loop.
        """
        stores = last_stores(loop.body)
        ends = [op.operands[1] for op in first_loads(loop.body)] + [op.operands[0] for op in stores]
        allocations = [a for a in map(allocation_of, ends) if self._is_managed(a)]
        for allocation in allocations:
            self._renew_result(allocation)
            self._turns(allocation)
        return {key_of(a): takes_turns(a) for a in allocations}

    def _carried(self, keys: Sequence[Key]) -> list[ir.Value]:
        tokens = [self.state.pending or accel.DoneOp(accel.TokenType.get()).token]
        tokens += [self.state.started or tokens[0]]
        pairs = [self.state.turns[key] for key in keys]
        return [*tokens, *(v for pair in pairs for v in (pair.current, pair.other))]

    def _take(self, keys: Sequence[Key], values: list[ir.Value], turns: dict[Key, Turns]) -> None:
        pending, started, *buffers = values
        pairs = zip(keys, buffers[::2], buffers[1::2], strict=True)
        self.state = State(turns | {k: Turns(a, b) for k, a, b in pairs}, pending, started)

    # Instructions -----------------------------------------------------------------------------

    def _start_load(self, load: ir.Operation) -> None:
        allocation = target_of(load)
        if has_spare(allocation) and not arrives(load):
            self.values[allocation.results[0]] = window(allocation)
            target = self._value(load.operands[1])
        else:
            self._renew(allocation)
            other = self._turns(allocation).other
            given = {allocation.results[0]: other}
            box = load.operands[1]
            target = front(other, box) if arrives(load) else self._value(box, given)
        self._transfer(load, self._value(load.operands[0]), target)

    def _transfer(self, op: ir.Operation, source: ir.Value, target: ir.Value) -> None:
        kind, width = type(op.opview), accel.width_of(op)
        with op.location:
            copy = accel.copying(kind, source, target, element_bytes=width, with_token=True)
        self.state = replace(self.state, started=copy.results[0])

    def _copy(self, op: ir.Operation) -> None:
        copy = op.clone().operation
        del copy.attributes[annotations.STEP]
        with ir.InsertionPoint(copy):
            for user, number in uses_from_outside(copy):
                user.operands[number] = self._value(user.operands[number])

    def _value(self, value: ir.Value, given: dict[ir.Value, ir.Value] | None = None) -> ir.Value:
        """What a value of the old program is here: addresses are worked out anew."""
        for known in (given or {}, self.values):
            if value in known:
                return known[value]
        if isinstance(value.owner, ir.Block):
            return value
        owner = value.owner.operation
        if owner.name == accel.AllocOp.OPERATION_NAME:
            return self._turns(owner).current
        copy = owner.clone().operation
        with ir.InsertionPoint(copy):
            for number, operand in enumerate(copy.operands):
                copy.operands[number] = self._value(operand, given)
        return copy.results[0]

    # Buffers ----------------------------------------------------------------------------------

    def _allocate(self, allocation: ir.Operation) -> None:
        """Where the buffer begins anew; DMA may have begun to fill it before."""
        if has_spare(allocation) and not all(map(arrives, self.loads[key_of(allocation)])):
            return  # it began with its first load
        if not self._is_managed(allocation) or has_spare(allocation):
            self.values[allocation.results[0]] = window(allocation)
        elif takes_turns(allocation):
            self._renew_result(allocation)
            self.state.turns[key_of(allocation)] = self._turns(allocation).turned

    def _renew(self, allocation: ir.Operation) -> None:
        """Another name for what nobody has used of late: others may lie there meanwhile."""
        key = key_of(allocation)
        if key not in self.recent and key not in self.carried:
            self.state.turns.pop(key, None)

    def _renew_result(self, allocation: ir.Operation) -> None:
        """What is loaded has begun with its first load."""
        if not self._is_loaded(allocation):
            self._renew(allocation)

    def _turns(self, allocation: ir.Operation) -> Turns:
        key = key_of(allocation)
        if key not in self.state.turns:
            self.state.turns[key] = placed(allocation, self.loads.get(key, []))
        return self.state.turns[key]

    def _is_managed(self, allocation: ir.Operation) -> bool:
        """Whether DMA works with it ahead of its step, or behind it."""
        return takes_turns(allocation) or self._is_loaded(allocation)

    def _is_loaded(self, allocation: ir.Operation) -> bool:
        """Not what is computed where something of the same shape was loaded before."""
        return any(target_of(load) == allocation for load in self.loads.get(key_of(allocation), []))


def _index(value: int) -> ir.Value:
    return arith.ConstantOp(ir.IndexType.get(), value).result


def _next(count: ir.Value, counts: range) -> ir.Value:
    step = ir.AffineExpr.get_dim(0) + counts.step
    return affine.apply(ir.AffineMap.get(1, 0, [step]), [count])
