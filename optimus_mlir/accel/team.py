"""A team of threads that shares the steps of loops.

All members run the same program, with the same loops and addresses. The leader, member 0, does all
of it but what is in shared loops: of these every member takes steps until none are left, and the
leader goes on when all steps are done. Who is late finds nothing left to take, and nobody waits for
one who has taken nothing: a member whose core is busy costs the others at most the step it is at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

from optimus_mlir.accel.arguments import add_arguments
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.accel.workspaces import workspace_type
from optimus_mlir.mlir import arith, func, ir, scf

SHARED = "optimus.shared"
EVERYONES = "optimus.everyones"
"""On a buffer that each member has in its own scratchpad, and loads itself."""
LAUNCH, CALL = "accel.launch", "func.call"
LINE_BYTES = 128
"""Two cache lines, which some CPUs fetch together: a word that others watch must have them to itself."""
PATIENCE = 1 << 14  # looks at a word before sleeping: some 10 microseconds

TURN = 0
"""Where the team's word is with the number of the open loop (upper half) and of its next step."""
FINISHED, SIZE, LEADER = LINE_BYTES, LINE_BYTES + 8, 2 * LINE_BYTES
"""Bytes from the turn to how many steps are done, to how many members there are, and to the first."""
MEMBER_BYTES = LINE_BYTES
ASLEEP, LOOPS, SEMAPHORE = 0, 8, 16
"""Bytes from a member's begin to whether it sleeps, to how many shared loops it has come to, and to
a semaphore of the C library (32 bytes at most)."""

PLACES = {
    "MEMBER_BYTES": MEMBER_BYTES,
    "FINISHED": FINISHED,
    "SIZE": SIZE,
    "LEADER": LEADER,
    "LOOPS": LOOPS,
    "SEMAPHORE": SEMAPHORE,
    "PATIENCE": PATIENCE,
}
"""What stands for numbers in team.mlir."""


def team_bytes(members: int) -> int:
    return LEADER + members * MEMBER_BYTES


@dataclass(frozen=True)
class Member:
    """One thread, in a function: addresses of the team and of its own words, and whether it leads.

    In a shared loop it has a scratchpad and a workspace of its own; a leader's are those of all.
    """

    team: ir.Value
    own: ir.Value
    leads: ir.Value
    scratchpad: ir.Value
    workspace: ir.Value

    @property
    def arguments(self) -> list[ir.Value]:
        return [self.scratchpad, self.workspace, self.team, self.own]

    @contextmanager
    def alone(self) -> Iterator[ir.Operation]:
        """Only the leader does what is emitted inside, before the op that is yielded."""
        then = scf.IfOp(self.leads).then_block
        with ir.InsertionPoint(then):
            end = scf.YieldOp([]).operation
        with ir.InsertionPoint(end):
            yield end

    def meet(self) -> None:
        """Wait until the leader has come here; it does not wait for the others."""
        func.CallOp([], "team_begin", [self.team, self.own, self.leads])

    def share(self, loop: ir.Operation) -> None:
        """Replace an scf.for by one in which every member takes steps."""
        low, high, step = list(loop.operands)[:3]
        ahead = arith.addi(arith.subi(high, low), arith.subi(step, _index(1)))
        steps = arith.index_cast(_i64(), arith.divui(ahead, step))
        self.meet()
        taking = scf.WhileOp([_i64()], [])
        with ir.InsertionPoint(taking.regions[0].blocks.append()):
            number = func.CallOp([_i64()], "team_take", [self.team, self.own, steps]).result
            is_one = arith.cmpi(arith.CmpIPredicate.sge, number, _word(0))
            scf.ConditionOp(is_one, [number])
        with ir.InsertionPoint(taking.regions[1].blocks.append(_i64())):
            self._step(loop, taking.regions[1].blocks[0].arguments[0])
        func.CallOp([], "team_end", [self.team, self.own, self.leads, steps])
        loop.erase()

    def _step(self, loop: ir.Operation, number: ir.Value) -> None:
        low, _, step = list(loop.operands)[:3]
        moved = arith.muli(arith.index_cast(ir.IndexType.get(), number), step)
        block = loop.regions[0].blocks[0]
        block.arguments[0].replace_all_uses_with(arith.addi(low, moved))
        func.CallOp([], "team_finish", [self.team])
        end = scf.YieldOp([]).operation
        finish = end.block.operations[len(end.block.operations) - 2].operation
        for op in [op.operation for op in block.operations][:-1]:
            op.move_before(finish)


def add_member(function: ir.Operation, scratchpad_type: ir.Type) -> Member:
    """The last arguments of a function that a team runs."""
    types = [scratchpad_type, workspace_type(), _i64(), _i64()]
    scratchpad, workspace, team, own = add_arguments(function, types)
    with ir.InsertionPoint.at_block_begin(function.regions[0].blocks[0]), function.location:
        leader = arith.addi(team, _word(LEADER))
        leads = arith.cmpi(arith.CmpIPredicate.eq, own, leader)
    return Member(team, own, leads, scratchpad, workspace)


def add_team(module: ir.Module) -> None:
    """The functions that members call."""
    text = (files("optimus_mlir.accel") / "team.mlir").read_text()
    for name, value in PLACES.items():
        text = text.replace(f"constant {name} ", f"constant {value} ")
    library = ir.Module.parse(text, module.context)
    for op in library.body.operations:
        op.operation.clone(ir.InsertionPoint(module.body))


def can_run_ahead(host: ir.Operation) -> bool:
    """Whether others than the leader can go from launch to launch without what the host computes."""
    operations = [op.operation for op in host.regions[0].blocks[0].operations]
    launched = [op for op in operations if op.name == LAUNCH]
    return (
        len(host.regions[0].blocks) == 1
        and len(allocations_in(host, LAUNCH)) == len(launched) == len(allocations_in(host, CALL))
        and not any(len(op.results) and len(op.regions) for op in operations)
    )


def leave_to_leader(host: ir.Operation, member: Member) -> None:
    """All that the host itself does: what has results is only looked at by what has none."""
    *operations, _ = [op.operation for op in host.regions[0].blocks[0].operations]
    for op in operations:
        if not len(op.results) and op.name != CALL:
            with ir.InsertionPoint(op), op.location, member.alone() as end:
                op.move_before(end)


def _i64() -> ir.Type:
    return ir.IntegerType.get_signless(64)


def _word(value: int) -> ir.Value:
    return arith.ConstantOp(_i64(), value).result


def _index(value: int) -> ir.Value:
    return arith.ConstantOp(ir.IndexType.get(), value).result
